from django.urls import path

from recoupe.web.intelligence import imports, lists, pages, proposals, resembling, search, tools, verbs, writing

urlpatterns = [
    path("api/v1/openapi.json", tools.describe, name="api-describe"),
    path("api/v1/reports", tools.deposit, name="api-deposit"),
    path("api/v1/reports/check", tools.check, name="api-check"),
    path("recherche/", search.search, name="search"),
    path("renseignements/", lists.report_list, name="report-list"),
    path("renseignements/nouveau/", writing.report_new, name="report-new"),
    path("renseignements/identifiants.json", proposals.proposals, name="report-proposals"),
    path("renseignements/ressemblances/", resembling.report_alike, name="report-alike"),
    path("renseignements/ligne/", writing.report_row, name="report-row"),
    path("renseignements/brouillons/", writing.report_drafts, name="report-drafts"),
    path("renseignements/<uuid:id>/", pages.report_page, name="report-page"),
    path("renseignements/<uuid:id>/modifier/", writing.report_edit, name="report-edit"),
    path("renseignements/<uuid:id>/abandonner/", writing.report_discard, name="report-discard"),
    path("renseignements/<uuid:id>/corriger/", writing.report_correct, name="report-correct"),
    path("renseignements/<uuid:id>/recoupements/", pages.report_hits, name="report-hits"),
    path("renseignements/<uuid:id>/piece-jointe/", pages.report_attachment, name="report-attachment"),
    path("renseignements/<uuid:id>/imprimer/", pages.report_print, name="report-print"),
    path("renseignements/<uuid:id>/<slug:verb>/", verbs.report_act, name="report-act"),
    path("imports/", imports.import_list, name="import-list"),
    path("imports/nouveau/", imports.import_new, name="import-new"),
    path("imports/correspondances/<slug:name>.toml", imports.import_mapping, name="import-mapping"),
    path("imports/<uuid:id>/", imports.import_page, name="import-page"),
    path("imports/<uuid:id>/avancement/", imports.import_progress, name="import-progress"),
    path("imports/<uuid:id>/refus.csv", imports.import_refusals, name="import-refusals"),
    path("imports/<uuid:id>/ouvrir/", imports.import_open, name="import-open"),
    path("imports/<uuid:id>/refuser/", imports.import_refuse, name="import-refuse"),
    path("imports/<uuid:id>/reprendre/", imports.import_resume, name="import-resume"),
]
