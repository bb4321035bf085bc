from django.urls import path

from recoupe.web.access import cells, habilitations, technical, views

urlpatterns = [
    path("finalite/", views.purpose, name="purpose"),
    path("deconnexion/", views.sign_out, name="sign-out"),
    path("langue/", views.set_language, name="set_language"),
    path("sante", views.ready, name="ready"),
    path("habilitations/", habilitations.habilitation_list, name="habilitation-list"),
    path("habilitations/<uuid:id>/", habilitations.habilitation_page, name="habilitation-page"),
    path("habilitations/<uuid:id>/<slug:verb>/", habilitations.habilitation_act, name="habilitation-act"),
    path("cellules/", cells.cell_services, name="cell-list"),
    path("cellules/associer/", cells.cell_join, name="cell-join"),
    path("cellules/retirer/", cells.cell_leave, name="cell-leave"),
    path("technique/", technical.technical, name="technical"),
]
