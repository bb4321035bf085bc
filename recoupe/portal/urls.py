from django.urls import path

from recoupe.portal import views

urlpatterns = [
    path("", views.home, {"language": "fr"}, name="portal-home"),
    path("en/", views.home, {"language": "en"}, name="portal-home-en"),
    path("sans-script", views.plain_door, {"language": "fr"}, name="portal-plain"),
    path("en/sans-script", views.plain_door, {"language": "en"}, name="portal-plain-en"),
    path("quitter", views.leave, {"language": "fr"}, name="portal-leave"),
    path("en/quitter", views.leave, {"language": "en"}, name="portal-leave-en"),
    path("cles", views.keys, name="portal-keys"),
    path("lieux/<slug:area>", views.places, name="portal-places"),
    path("carte/<slug:area>", views.drawing, name="portal-drawing"),
    path("calcul", views.puzzle, name="portal-puzzle"),
    path("en/calcul", views.puzzle, name="portal-puzzle-en"),
    path("pli", views.exchange, {"language": "fr"}, name="portal-exchange"),
    path("en/pli", views.exchange, {"language": "en"}, name="portal-exchange-en"),
]
