"""The outline of a zone is read as it is typed or pasted; what is no zone is refused with its sentence."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recoupe.kernel.place import Point
from recoupe.kernel.refusal import Invalid
from recoupe.operations import outline

SQUARE = ((5.36, 43.29), (5.38, 43.29), (5.38, 43.31), (5.36, 43.31))
CORNERS = tuple(Point(*position) for position in SQUARE)
RING = [*SQUARE, SQUARE[0]]


def _polygon(*rings: object, kind: str = "Polygon") -> str:
    return json.dumps({"type": kind, "coordinates": rings})


FEATURE = {"type": "Feature", "properties": None, "geometry": json.loads(_polygon(RING))}


@pytest.mark.parametrize(
    "text",
    [
        "43.29, 5.36\n43.29, 5.38\n43.31, 5.38\n43.31, 5.36",
        "43,29 ; 5,36\r\n43,29;5,38\n\n43,31\t5,38\n 43,31 5,36 \n43,29 5,36\n",
        "43.29°, 5.36°;\n43.29° 5.36°\n43.29, 5.38\n43.31,5.38,\n+43.31 +5.36",
        _polygon(RING),
        _polygon([RING], kind="MultiPolygon"),
        json.dumps(FEATURE),
        json.dumps({"type": "FeatureCollection", "features": [FEATURE]}),
        _polygon([[lon, lat, 120.5] for lon, lat in RING]),
    ],
)  # fmt: skip
def test_a_zone_is_read(text: str) -> None:
    assert outline.read(text) == CORNERS


def test_what_is_read_is_written_and_read_again() -> None:
    assert outline.read(outline.written(CORNERS)) == CORNERS


def test_a_drawing_tool_counts_on_beyond_the_date_line() -> None:
    across = [[179.99, -16.5], [180.01, -16.5], [180.01, -16.49], [179.99, -16.49], [179.99, -16.5]]
    west = [Point(-179.99, -16.5), Point(-179.99, -16.49)]
    found = outline.read(_polygon(across))
    assert [round(corner.lon, 6) for corner in found] == [179.99, -179.99, -179.99, 179.99]
    assert [round(corner.lat, 6) for corner in found[1:3]] == [corner.lat for corner in west]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", outline.SENTENCE_NO_OUTLINE),
        (" \n ", outline.SENTENCE_NO_OUTLINE),
        ("43.29, 5.36\n" * 2_000, outline.SENTENCE_NO_OUTLINE),
        ("43.29, 5.36\nplace de la mairie\n43.31, 5.38", outline.SENTENCE_LINE),
        ("43.29, 5.36\n143.29, 5.38\n43.31, 5.38", outline.SENTENCE_LINE),
        ("43.29, 5.36\n43.31, 5.38", outline.SENTENCE_CORNERS),
        ("43.29, 5.36\n43.31, 5.38\n43.29, 5.36", outline.SENTENCE_CORNERS),
        ("43.29, 5.36\n43.30, 5.36\n43.31, 5.36", outline.SENTENCE_FLAT),
        ("43.29, 5.36\n43.31, 5.38\n43.29, 5.38\n43.31, 5.36", outline.SENTENCE_TANGLED),
        ("43.29, 5.36\n43.29, 5.40\n43.29, 5.38\n43.31, 5.36", outline.SENTENCE_TANGLED),
        ("43.29, 5.36\n43.29, 5.38\n43.31, 5.38\n43.29, 5.36\n43.28, 5.35\n43.28, 5.36", outline.SENTENCE_TANGLED),
        ("43.0, 5.0\n43.0, 6.0\n43.5, 5.5", outline.SENTENCE_WIDE),
        ("43.0, 5.0\n43.0, -175.0\n44.0, 5.0", outline.SENTENCE_WIDE),
        (_polygon(RING, RING), outline.SENTENCE_GEOJSON),
        (_polygon([RING], [RING], kind="MultiPolygon"), outline.SENTENCE_GEOJSON),
        (_polygon(RING, kind="LineString"), outline.SENTENCE_GEOJSON),
        (_polygon([["a", "b"]]), outline.SENTENCE_GEOJSON),
        (_polygon([[5.36]]), outline.SENTENCE_GEOJSON),
        (_polygon([[5.36, 91]]), outline.SENTENCE_GEOJSON),
        ('{"type": "Polygon", "coordinates": [[[NaN, 1], [1, Infinity]]]}', outline.SENTENCE_GEOJSON),
        ('{"type": "Polygon", "coordinates": [[[1' + "0" * 400 + ", 1]]]}", outline.SENTENCE_GEOJSON),
        ('{"type": "FeatureCollection", "features": []}', outline.SENTENCE_GEOJSON),
        ('{"type": [], "features": {}}', outline.SENTENCE_GEOJSON),
        ('{"type": "Polygon"', outline.SENTENCE_GEOJSON),
        ('{"a":' * 1_900, outline.SENTENCE_GEOJSON),
        ("{}", outline.SENTENCE_GEOJSON),
    ],
)
def test_what_is_no_zone_is_refused_with_its_sentence(text: str, sentence: str) -> None:
    with pytest.raises(Invalid) as refused:
        outline.read(text)
    assert (refused.value.sentence, refused.value.field) == (sentence, "outline")


def test_a_zone_of_too_many_corners_is_refused() -> None:
    near = [(43 + n / 1000, 5 + n * n / 1_000_000) for n in range(outline.CORNERS_MAX + 1)]
    with pytest.raises(Invalid) as refused:
        outline.read("\n".join(f"{lat}, {lon}" for lat, lon in near))
    assert refused.value.params["found"] == outline.CORNERS_MAX + 1


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5)
    | st.sampled_from(["Polygon", "Feature", "FeatureCollection", "MultiPolygon"]),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.sampled_from(["type", "coordinates", "geometry", "features"]), inner, max_size=4),
)  # fmt: skip


@given(
    st.one_of(
        st.text(), json_values.map(lambda value: '{"type": ' + json.dumps(value) + "}"), json_values.map(json.dumps)
    )
)
def test_whatever_is_pasted_is_a_zone_or_a_sentence(text: str) -> None:
    try:
        outline.read(text)
    except Invalid as refused:
        assert refused.field == "outline"
