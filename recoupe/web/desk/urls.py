from django.urls import path

from recoupe.web.desk import accounts, api, keys, reviews

urlpatterns = [
    path("outils/", keys.key_list, name="key-list"),
    path("outils/demander/", keys.key_ask, name="key-ask"),
    path("outils/<uuid:id>/<slug:verb>/", keys.key_act, name="key-act"),
    path("agents/nouveau/", accounts.account_new, name="account-new"),
    path("agents/<uuid:id>/", accounts.account_page, name="account-page"),
    path("agents/<uuid:id>/<slug:verb>/", accounts.account_act, name="account-act"),
    path("cles-perdues/", accounts.recovery_list, name="recovery-list"),
    path("cles-perdues/<uuid:id>/<slug:verb>/", accounts.recovery_act, name="recovery-act"),
    path("revue/", reviews.review_list, name="review-list"),
    path("revue/<uuid:id>/<slug:verb>/", reviews.review_act, name="review-act"),
    path("api/moi", api.me, name="api-me"),
]
