from django.urls import path

from recoupe.web.access import habilitations, technical, views

urlpatterns = [
    path("finalite/", views.purpose, name="purpose"),
    path("deconnexion/", views.sign_out, name="sign-out"),
    path("langue/", views.set_language, name="set_language"),
    path("sante", views.ready, name="ready"),
    path("habilitations/", habilitations.habilitation_list, name="habilitation-list"),
    path("habilitations/<uuid:id>/", habilitations.habilitation_page, name="habilitation-page"),
    path("habilitations/<uuid:id>/<slug:verb>/", habilitations.habilitation_act, name="habilitation-act"),
    path("technique/", technical.technical, name="technical"),
]
