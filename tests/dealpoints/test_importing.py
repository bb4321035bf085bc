"""Files of points as offices and mapping programs write them, and as somebody hostile does."""

import io
import json
import shutil
import sqlite3
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest
import shapefile
from pyproj import CRS

from recoupe.dealpoints.enums import DealPointKind
from recoupe.dealpoints.importing import columns, layers
from recoupe.dealpoints.importing.layers import MOST_LINES, read_layer
from recoupe.dealpoints.importing.shapes import placer, system_of
from recoupe.intelligence.importing.table import MAX_BYTES
from recoupe.kernel.refusal import Invalid
from tests.dealpoints.builders import MARSEILLE
from tests.world import TestAgent, World

LAMBERT_93 = 2154
IN_LAMBERT = (892_390.22, 6_247_035.29)  # MARSEILLE, by PROJ


def collection(*geometries: Any, **more: Any) -> bytes:
    rows = [{"type": "Feature", "geometry": one, "properties": {"nom": f"P{i}"}} for i, one in enumerate(geometries)]
    return json.dumps({"type": "FeatureCollection", **more, "features": rows}).encode()


def dot(lon: float, lat: float) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [lon, lat]}


def ring(*corners: tuple[float, float]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [[*corners, corners[0]]]}


def placed(content: bytes, chosen: int | None = None) -> list[tuple[float, float, int | None]]:
    layer = read_layer(content)
    place = placer(system_of(layer, chosen))
    found = []
    for feature in layer.features:
        if feature.fault:
            raise feature.fault
        one = place(feature.shape)
        found.append((round(one.where.lon, 4), round(one.where.lat, 4), one.reach_m))
    return found


def refusal(content: bytes, chosen: int | None = None) -> Invalid:
    with pytest.raises(Invalid) as caught:
        placed(content, chosen)
    return caught.value


def shapes(prj: str = "", *, encoding: str = "utf-8", name: str = "Cité") -> bytes:
    shp, dbf, out = io.BytesIO(), io.BytesIO(), io.BytesIO()
    with shapefile.Writer(shp=shp, shx=io.BytesIO(), dbf=dbf, shapeType=shapefile.POINT, encoding=encoding) as writer:
        writer.field("nom", "C", 40)
        writer.field("incertitud", "N", 6)
        writer.point(*IN_LAMBERT)
        writer.record(name, 120)
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("couche/points.shp", shp.getvalue())
        archive.writestr("couche/points.dbf", dbf.getvalue())
        if prj:
            archive.writestr("couche/points.prj", prj)
    return out.getvalue()


# -- what is read ------------------------------------------------------------------------------------------------------
def test_a_geojson_is_in_degrees_unless_it_says_otherwise() -> None:
    here = (round(MARSEILLE[0], 4), round(MARSEILLE[1], 4), None)
    assert placed(collection(dot(*MARSEILLE))) == [here]
    named = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::2154"}}
    assert placed(collection(dot(*IN_LAMBERT), crs=named)) == [here]
    assert placed(collection(dot(*IN_LAMBERT)), LAMBERT_93) == [here]
    assert "lui-même" in str(refusal(collection(dot(*IN_LAMBERT), crs=named), 4326).sentence)


def test_a_contour_is_its_centre_with_a_radius_that_covers_it() -> None:
    lon, lat = MARSEILLE
    square = ring(
        (lon - 0.001, lat - 0.001), (lon + 0.001, lat - 0.001), (lon + 0.001, lat + 0.001), (lon - 0.001, lat + 0.001)
    )
    ((east, north, reach),) = placed(collection(square))
    assert (east, north) == (round(lon, 4), round(lat, 4))
    assert reach == pytest.approx(137, abs=3)


def test_a_table_in_degrees_or_in_metres() -> None:
    here = (round(MARSEILLE[0], 4), round(MARSEILLE[1], 4), None)
    assert placed(b"nom;longitude;latitude\nA;5,3698;43,2965\n") == [here]
    metres = b"nom;X;Y\nA;892390.22;6247035.29\n"
    assert refusal(metres).field == "crs"
    assert placed(metres, LAMBERT_93) == [here]


def test_a_shapefile_is_read_from_its_archive_with_its_own_system_and_letters() -> None:
    here = (round(MARSEILLE[0], 4), round(MARSEILLE[1], 4), None)
    esri = CRS.from_epsg(LAMBERT_93).to_wkt("WKT1_ESRI")
    assert placed(shapes(esri)) == [here]
    assert refusal(shapes()).field == "crs"
    for encoding in ("utf-8", "cp1252"):
        (line,) = read_layer(shapes(esri, encoding=encoding)).features
        assert columns.sorted_out(line.columns) == {"name": "Cité", "uncertainty_m": "120"}


def test_columns_are_known_by_their_french_and_english_names(world: World, police: TestAgent) -> None:
    names = ("NOM", "Mineurs présents", "code_insee", "roles_seen", "altitude")
    assert [columns.column_of(name) for name in names] == ["name", "minors_present", "commune", "roles_seen", ""]
    assert columns.kind_of("hall d'immeuble") is columns.kind_of("lobby") is DealPointKind.LOBBY
    assert columns.roles_of("Guetteur, seller") == ("lookout", "seller")
    with world.acting(police):
        assert columns.products_of("Résine de cannabis|crack") == ("cannabis_resin", "crack")
        for read, text in ((columns.kind_of, "kiosque"), (columns.roles_of, "roi"), (columns.products_of, "sucre")):
            with pytest.raises(Invalid):
                read(text)


# -- what is refused ---------------------------------------------------------------------------------------------------
CROSSED = ring((5.0, 43.0), (5.1, 43.1), (5.1, 43.0), (5.0, 43.1))
LONG = ring(*((5 + i / 1e5, 43 + (i % 7) / 1e4) for i in range(10_000)))
HOSTILE = {
    "longitude 181": (collection(dot(181, 43.0)), layers.WGS84, "geometry"),
    "contour that crosses itself": (collection(CROSSED), None, "geometry"),
    "ten thousand vertices": (collection(LONG), None, "geometry"),
    "two points in a line": (
        collection({"type": "MultiPoint", "coordinates": [[5.3, 43.3], [5.4, 43.3]]}), None, "geometry"
    ),
    "no coordinates": (collection({"type": "Point", "coordinates": []}), None, "geometry"),
    "words for numbers": (collection({"type": "Point", "coordinates": ["a", None]}), None, "geometry"),
    "infinity": (collection(dot(5.3, 43.3)).replace(b"5.3", b"1e999"), None, "geometry"),
    "nested without end": (b'{"features":' + b"[" * 200_000, None, "file"),
    "not a number": (collection(dot(5.3, 43.3)).replace(b"5.3", b"NaN"), None, "file"),
    "no features": (b'{"type": "Point", "coordinates": [5, 43]}', None, "file"),
    "no line": (collection(), None, "file"),
    "too many": (collection(*[dot(*MARSEILLE)] * (MOST_LINES + 1)), None, "file"),
    "unknown system": (collection(dot(1, 1), crs={"properties": {"name": "EPSG:999999"}}), None, "file"),
    "a program for a system": (collection(dot(1, 1), crs={"properties": {"name": "+proj=pipeline"}}), None, "file"),
    "system of nothing": (shapes("COMPD"), None, "file"),
    "too heavy": (b"nom;lon;lat\n" + b" " * MAX_BYTES, None, "file"),
    "empty": (b"  \n", None, "file"),
    "table without a place": (b"nom;produit\nA;crack\n", None, "file"),
    "a half archive": (shapes()[:200], None, "file"),
    "a broken database": (b"SQLite format 3\0" + b"\1" * 5_000, None, "file"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_what_cannot_be_placed_is_said(name: str) -> None:
    content, chosen, field = HOSTILE[name]
    assert refusal(content, chosen).field == field


def test_an_archive_that_swells_is_refused_before_it_is_opened() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.shp", b"\0" * (layers.MAX_UNZIPPED + 1))
        archive.writestr("a.dbf", b"\0")
    assert len(out.getvalue()) < 200_000
    assert "lourde" in refusal(out.getvalue()).sentence


def test_a_geopackage_may_hold_neither_a_view_nor_an_endless_query(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    held = sqlite3.connect(path)
    held.executescript("""
        CREATE TABLE gpkg_spatial_ref_sys (srs_id INTEGER, definition TEXT);
        CREATE TABLE gpkg_geometry_columns (table_name TEXT, column_name TEXT, srs_id INTEGER);
        CREATE VIEW points AS SELECT 1 AS i, 1 AS geom;
        INSERT INTO gpkg_geometry_columns VALUES ('points', 'geom', 4326);
    """)
    held.commit()
    assert "couche" in refusal(path.read_bytes()).sentence
    held.executescript("""
        CREATE VIEW slow AS WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
            SELECT 'points' AS table_name, 'geom' AS column_name, 4326 AS srs_id FROM n WHERE i < 0;
        DROP TABLE gpkg_geometry_columns;
        CREATE VIEW gpkg_geometry_columns AS SELECT * FROM slow;
    """)
    held.commit()
    held.close()
    assert "lent" in refusal(path.read_bytes()).sentence


# -- what Debian's gdal-bin writes -------------------------------------------------------------------------------------
needs_gdal = pytest.mark.skipif(shutil.which("ogr2ogr") is None, reason="gdal-bin (Debian) is not installed")


@needs_gdal
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.geojson", ["-f", "GeoJSON"]),
        ("a.gpkg", ["-f", "GPKG"]),
        ("b.gpkg", ["-f", "GPKG", "-t_srs", "EPSG:2154"]),
        ("a.csv", ["-f", "CSV", "-lco", "GEOMETRY=AS_XY", "-t_srs", "EPSG:2154"]),
        ("shp", ["-f", "ESRI Shapefile", "-t_srs", "EPSG:2154", "-lco", "ENCODING=UTF-8"]),
    ],
)
def test_what_gdal_writes_is_read(tmp_path: Path, name: str, options: list[str]) -> None:
    given, made = tmp_path / "given.geojson", tmp_path / name
    given.write_bytes(collection(dot(*MARSEILLE)))
    subprocess.run(["ogr2ogr", *options, made, given], check=True, capture_output=True)
    content = made.read_bytes() if made.is_file() else _zipped(made)
    chosen = LAMBERT_93 if name.endswith(".csv") else None
    assert placed(content, chosen) == [(round(MARSEILLE[0], 4), round(MARSEILLE[1], 4), None)]
    (line,) = read_layer(content).features
    assert columns.sorted_out(line.columns)["name"] == "P0"


def _zipped(folder: Path) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for path in folder.iterdir():
            archive.write(path, path.name)
    return out.getvalue()
