from django.urls import path

from recoupe.web.notices import views

urlpatterns = [
    path("", views.home, name="home"),
    path("avis/vus/", views.seen, name="notices-seen"),
]
