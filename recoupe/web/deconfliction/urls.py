from django.urls import path

from recoupe.web.deconfliction import conflicts, desk, magistrates

urlpatterns = [
    path("conflits/", conflicts.conflict_list, name="conflict-list"),
    path("conflits/<uuid:id>/", conflicts.settlement_page, name="settlement-page"),
    path("conflits/<uuid:id>/<slug:verb>/", conflicts.settlement_act, name="settlement-act"),
    path("accords/conflits/<uuid:id>/", magistrates.opinion, name="opinion-page"),
    path("fnos/bureau/", desk.registry_desk, name="registry-desk"),
]
