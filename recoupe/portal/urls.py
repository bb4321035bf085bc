from django.urls import path

from recoupe.portal import views

urlpatterns = [
    path("", views.closed_door, {"language": "fr"}, name="portal-home"),
    path("en/", views.closed_door, {"language": "en"}, name="portal-home-en"),
    path("calcul", views.puzzle, name="portal-puzzle"),
    path("en/calcul", views.puzzle, name="portal-puzzle-en"),
    path("pli", views.exchange, {"language": "fr"}, name="portal-exchange"),
    path("en/pli", views.exchange, {"language": "en"}, name="portal-exchange-en"),
]
