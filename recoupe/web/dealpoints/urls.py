from django.urls import path

from recoupe.web.dealpoints import doubles, exports, imports, known, maps, paper, proposal, stock, tile, views

urlpatterns = [
    path("carte/", maps.dealpoint_map, name="dealpoint-map"),
    path("carte/points.geojson", maps.points, name="dealpoint-points"),
    path("carte/imprimer/", paper.map_print, name="dealpoint-map-print"),
    path("carte/tuiles/<slug:layer>/<int:z>/<int:x>/<int:y>.mvt", tile.dealpoint_tile, name="dealpoint-tile"),
    path("points/", views.dealpoint_list, name="dealpoint-list"),
    path("points/nouveau/", proposal.propose, name="dealpoint-new"),
    path("points/doublons/", doubles.dealpoint_doubles, name="dealpoint-doubles"),
    path("points/import/", imports.dealpoint_import, name="dealpoint-import"),
    path("points/export.geojson", exports.dealpoint_geojson, name="dealpoint-geojson"),
    path("points/export.csv", exports.dealpoint_csv, name="dealpoint-csv"),
    path("points/stock/", stock.dealpoint_stock, name="dealpoint-stock"),
    path("points/arrivees/", stock.dealpoint_arrivals, name="dealpoint-arrivals"),
    path("points/<uuid:id>/", views.dealpoint_page, name="dealpoint-page"),
    path("points/<uuid:id>/lieu.geojson", maps.place, name="dealpoint-place"),
    path("points/<uuid:id>/elements/", views.add_evidence, name="dealpoint-evidence"),
    path("points/<uuid:id>/corriger/", known.dealpoint_correct, name="dealpoint-correct"),
    path("points/<uuid:id>/prix/", known.dealpoint_price, name="dealpoint-price"),
    path("points/<uuid:id>/<slug:verb>/", views.act, name="dealpoint-act"),
]
