from django.urls import path

from recoupe.web.signin import demonstration, enrolment, oidc, proving, views

urlpatterns = [
    path("", views.paced(views.sign_in_page), name="sign-in"),
    path("defi", views.paced(views.challenge), name="sign-in-challenge"),
    path("enrolement/", views.paced(enrolment.enrol_page), name="enrol"),
    path("enrolement/defi", views.paced(enrolment.enrol_challenge), name="enrol-challenge"),
    path("cles/", enrolment.keys_page, name="keys"),
    path("cles/defi", enrolment.add_challenge, name="keys-challenge"),
    path("cles/<uuid:id>/retirer", enrolment.key_drop, name="key-drop"),
    path("confirmer", proving.prove, name="prove"),
    path("confirmer/defi", proving.prove_challenge, name="prove-challenge"),
    path("fournisseur/", oidc.leave, name="oidc"),
    path("fournisseur/retour", views.paced(oidc.come_back), name="oidc-back"),
    path("demonstration/", demonstration.entrance, name="demonstration"),
    path("sante", views.ready, name="ready"),
]
