from django.urls import path

from recoupe.web.targets import asking, views

urlpatterns = [
    path("fnos/", views.target_list, name="target-list"),
    path("fnos/suivi/", views.target_gauge, name="target-gauge"),
    path("fnos/demander/<uuid:case>/", asking.target_new, name="target-new"),
    path("fnos/<uuid:id>/", views.target_page, name="target-page"),
    path("fnos/<uuid:id>/completer/", asking.target_amend, name="target-amend"),
    path("fnos/<uuid:id>/<slug:verb>/", views.act, name="target-act"),
]
