"""What the form knows of places is what the reference says: the files that are served against its data."""

import gzip
import json

from recoupe.portal import places
from recoupe.portal.ground import DATA, MAP, PLACES


def test_the_files_are_those_that_the_reference_gives() -> None:
    told = {area: (communes, drawn) for area, communes, drawn in places.made()}
    kept = {path.name.partition(".")[0] for path in DATA.glob("*.gz")}
    assert set(told) == kept
    for area, (communes, drawn) in told.items():
        assert gzip.decompress((DATA / f"{area}.places.gz").read_bytes()) == communes, area
        assert gzip.decompress((DATA / f"{area}.map.gz").read_bytes()) == drawn, area
        assert len(communes) <= PLACES
        assert len(drawn) <= MAP


def test_a_commune_stands_on_its_map_and_knows_what_lies_across() -> None:
    told = json.loads(gzip.decompress((DATA / "13.places.gz").read_bytes()))
    lines = [line.split("\t") for line in told["communes"].split("\n")]
    by_name = {name: (end, postal, x, y, across) for end, name, postal, x, y, across in lines}
    assert len(by_name) == 119
    end, postal, x, y, across = by_name["Auriol"]
    assert (end, postal, across) == ("007", "13390", "83")
    assert by_name["Marseille"][4] == ""
    lon = told["west"] + int(x) / told["squeeze"] / told["scale"]
    lat = told["north"] - int(y) / told["scale"]
    assert abs(lon - 5.64) < 0.05
    assert abs(lat - 43.37) < 0.05
