from django.urls import path

from recoupe.web.operations import calendar, door, entry, maps, views

urlpatterns = [
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
