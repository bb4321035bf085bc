from django.urls import path

from recoupe.web.plan import committee, measure, views

urlpatterns = [
    path("plan/", views.plan_board, name="plan-board"),
    path("plan/chiffres/", views.plan_context, name="plan-context"),
    path("plan/comite/", committee.committee, name="plan-committee"),
    path("plan/comite/nouvelle/", committee.session_new, name="plan-session-new"),
    path("plan/comite/<uuid:id>/", committee.session_page, name="plan-session"),
    path("plan/comite/<uuid:id>/imprimer/", committee.print_board, name="plan-paper"),
    path("plan/comite/<uuid:id>/<slug:verb>/", committee.act, name="plan-decide"),
    path("plan/mesures/<int:number>/", measure.page, name="plan-measure"),
    path("plan/mesures/<int:number>/<slug:verb>/", measure.feed, name="plan-feed"),
    path("plan/preuves/<uuid:id>/", measure.evidence_file, name="plan-file"),
]
