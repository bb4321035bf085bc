from django.urls import path

from recoupe.web.coordination import proposal, views
from recoupe.web.coordination.followup import board
from recoupe.web.coordination.followup import views as followup

urlpatterns = [
    path("objectifs/", views.objective_list, name="objective-list"),
    path("objectifs/nouveau/", proposal.propose, name="objective-new"),
    path("objectifs/<uuid:id>/", views.objective_page, name="objective-page"),
    path("objectifs/<uuid:id>/imprimer/", views.print_objective, name="objective-print"),
    path("objectifs/<uuid:id>/<slug:verb>/", views.act, name="objective-act"),
    path("suivi/", board.followup_board, name="followup-board"),
    path("suivi/imprimer/", board.print_board, name="followup-print"),
    path("suivi/points/<uuid:id>/", followup.followup_page, name="followup-page"),
    path("suivi/points/<uuid:id>/<slug:verb>/", followup.act, name="followup-act"),
]
