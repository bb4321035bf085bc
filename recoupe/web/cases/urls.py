from django.urls import path

from recoupe.web.cases import magistrate, views

urlpatterns = [
    path("procedures/", views.case_list, name="case-list"),
    path("procedures/nouvelle/", views.case_new, name="case-new"),
    path("procedures/<uuid:id>/", views.case_page, name="case-page"),
    path("procedures/<uuid:id>/clore/", views.case_close, name="case-close"),
    path("procedures/<uuid:id>/magistrat/", magistrate.case_magistrate, name="case-magistrate"),
]
