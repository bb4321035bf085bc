from django.urls import path

from recoupe.web.coordination import proposal, views

urlpatterns = [
    path("objectifs/", views.objective_list, name="objective-list"),
    path("objectifs/nouveau/", proposal.propose, name="objective-new"),
    path("objectifs/<uuid:id>/", views.objective_page, name="objective-page"),
    path("objectifs/<uuid:id>/imprimer/", views.print_objective, name="objective-print"),
    path("objectifs/<uuid:id>/<slug:verb>/", views.act, name="objective-act"),
]
