from django.urls import path

from recoupe.web.intelligence import lists, pages, proposals, verbs, writing

urlpatterns = [
    path("renseignements/", lists.report_list, name="report-list"),
    path("renseignements/nouveau/", writing.report_new, name="report-new"),
    path("renseignements/reperes.json", proposals.proposals, name="report-proposals"),
    path("renseignements/ligne/", writing.report_row, name="report-row"),
    path("renseignements/brouillons/", writing.report_drafts, name="report-drafts"),
    path("renseignements/<uuid:id>/", pages.report_page, name="report-page"),
    path("renseignements/<uuid:id>/modifier/", writing.report_edit, name="report-edit"),
    path("renseignements/<uuid:id>/abandonner/", writing.report_discard, name="report-discard"),
    path("renseignements/<uuid:id>/corriger/", writing.report_correct, name="report-correct"),
    path("renseignements/<uuid:id>/rapprochements/", pages.report_hits, name="report-hits"),
    path("renseignements/<uuid:id>/piece-jointe/", pages.report_attachment, name="report-attachment"),
    path("renseignements/<uuid:id>/imprimer/", pages.report_print, name="report-print"),
    path("renseignements/<uuid:id>/<slug:verb>/", verbs.report_act, name="report-act"),
]
