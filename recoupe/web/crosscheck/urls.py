from django.urls import path

from recoupe.web.crosscheck import agreements, contacts, hits, judgements

urlpatterns = [
    path("recoupements/", hits.hit_list, name="hit-list"),
    path("recoupements/<uuid:id>/", hits.hit_page, name="hit-page"),
    path("recoupements/<uuid:id>/contacter/", hits.hit_contact, name="hit-contact"),
    path("recoupements/<uuid:id>/repondre/", hits.hit_answer, name="hit-answer"),
    path("recoupements/a-juger/<uuid:id>/", judgements.judgement, name="judgement-page"),
    path("recoupements/a-juger/<uuid:id>/reprendre/", judgements.retract, name="judgement-retract"),
    path("contacts/", contacts.contact_list, name="contact-list"),
    path("contacts/<uuid:id>/", contacts.contact_page, name="contact-page"),
    path("contacts/<uuid:id>/<slug:verb>/", contacts.contact_act, name="contact-act"),
    path("accords/", agreements.agreement_list, name="agreement-list"),
    path("accords/<uuid:id>/", agreements.agreement, name="agreement-page"),
]
