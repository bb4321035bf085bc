from django.urls import path

from recoupe.web.dealpoints import maps, proposal, stock, views

urlpatterns = [
    path("carte/", maps.dealpoint_map, name="dealpoint-map"),
    path("carte/points.geojson", maps.points, name="dealpoint-points"),
    path("points/", views.dealpoint_list, name="dealpoint-list"),
    path("points/nouveau/", proposal.propose, name="dealpoint-new"),
    path("points/stock/", stock.dealpoint_stock, name="dealpoint-stock"),
    path("points/arrivees/", stock.dealpoint_arrivals, name="dealpoint-arrivals"),
    path("points/<uuid:id>/", views.dealpoint_page, name="dealpoint-page"),
    path("points/<uuid:id>/lieu.geojson", maps.place, name="dealpoint-place"),
    path("points/<uuid:id>/elements/", views.add_evidence, name="dealpoint-evidence"),
    path("points/<uuid:id>/<slug:verb>/", views.act, name="dealpoint-act"),
]
