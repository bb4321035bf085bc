from django.urls import path

from recoupe.web.reference import views

urlpatterns = [
    path("communes/", views.commune_options, name="commune-options"),
    path("contours/<slug:version>/departements.geojson", views.departments, name="outlines-departments"),
    path("contours/<slug:version>/communes-<slug:code>.geojson", views.communes, name="outlines-communes"),
]
