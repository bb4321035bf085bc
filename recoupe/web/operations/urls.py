from django.urls import path

from recoupe.web.operations import views

urlpatterns = [
    path("evenements/", views.event_list, name="event-list"),
    path("evenements/nouveau/", views.event_new, name="event-new"),
    path("evenements/<uuid:id>/", views.event_page, name="event-page"),
    path("evenements/<uuid:id>/conflits/", views.event_conflicts, name="event-conflicts"),
    path("evenements/<uuid:id>/modifier/", views.event_change, name="event-change"),
    path("evenements/<uuid:id>/<slug:verb>/", views.event_act, name="event-act"),
]
