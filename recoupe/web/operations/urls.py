from django.urls import path

from recoupe.web.operations import calendar, door, effort, entry, maps, presence, views

urlpatterns = [
    path("presence/", presence.presence_list, name="presence-list"),
    path("presence/saisir/", presence.presence_new, name="presence-new"),
    path("presence/importer/", presence.presence_import, name="presence-import"),
    path("presence/chiffres/", effort.presence_figures, name="presence-figures"),
    path("presence/parts/", effort.presence_shares, name="presence-shares"),
    path("presence/<uuid:id>/", presence.presence_page, name="presence-page"),
    path("presence/<uuid:id>/corriger/", presence.presence_correct, name="presence-correct"),
    path("presence/<uuid:id>/retirer/", presence.presence_withdraw, name="presence-withdraw"),
    path("evenements/", views.event_list, name="event-list"),
    path("evenements/nouveau/", entry.event_new, name="event-new"),
    path("evenements/calendrier/", calendar.event_calendar, name="event-calendar"),
    path("evenements/carte/", maps.event_map, name="event-map"),
    path("evenements/lieux.geojson", maps.event_places, name="event-places"),
    path("evenements/porte/", door.door_page, name="door"),
    path("evenements/porte/<uuid:id>/lever/", door.door_withdraw, name="door-withdraw"),
    path("evenements/<uuid:id>/", views.event_page, name="event-page"),
    path("evenements/<uuid:id>/conflits/", views.event_conflicts, name="event-conflicts"),
    path("evenements/<uuid:id>/modifier/", entry.event_change, name="event-change"),
    path("evenements/<uuid:id>/<slug:verb>/", views.event_act, name="event-act"),
]
