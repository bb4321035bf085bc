from django.urls import path

from recoupe.web.deconfliction import conflicts, dangers, desk, magistrates, watch

urlpatterns = [
    path("conflits/", conflicts.conflict_list, name="conflict-list"),
    path("conflits/<uuid:id>/", conflicts.settlement_page, name="settlement-page"),
    path("conflits/<uuid:id>/<slug:verb>/", conflicts.settlement_act, name="settlement-act"),
    path("accords/conflits/<uuid:id>/", magistrates.opinion, name="opinion-page"),
    path("fnos/bureau/", desk.registry_desk, name="registry-desk"),
    path("veille/", watch.watch_desk, name="watch-desk"),
    path("veille/etat/", watch.watch_state, name="watch-state"),
    path("veille/releve/", watch.watch_relief, name="watch-relief"),
    path("veille/releve/<slug:verb>/", watch.watch_hand_over, name="watch-hand-over"),
    path("veille/<uuid:id>/", watch.watch_danger, name="watch-danger"),
    path("veille/<uuid:id>/<slug:verb>/", watch.watch_act, name="watch-act"),
    path("dangers/", dangers.danger_list, name="danger-list"),
    path("dangers/<uuid:id>/", dangers.danger_page, name="danger-page"),
    path("dangers/<uuid:id>/<slug:verb>/", dangers.danger_act, name="danger-act"),
]
