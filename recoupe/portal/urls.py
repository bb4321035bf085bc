from django.urls import path

from recoupe.portal import views

urlpatterns = [
    path("", views.closed_door, {"language": "fr"}, name="portal-home"),
    path("en/", views.closed_door, {"language": "en"}, name="portal-home-en"),
]
