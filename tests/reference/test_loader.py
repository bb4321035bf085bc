"""Loading is safe twice, writes only what changed, and never drops a row that others may point to."""

import gzip
import shutil
from pathlib import Path

import pytest

from recoupe.reference import files, queries
from recoupe.reference.loader import DroppedRowsError, load_reference
from recoupe.reference.models import Commune, FormerCommune, LegalParameter, LoadedFile, Measure, Unit
from recoupe.reference.models.organisation import unit_id
from tests.world import World


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    copy = tmp_path / "data"
    shutil.copytree(files.DATA, copy)
    monkeypatch.setattr(files, "DATA", copy)
    return copy


def edit(path: Path, old: str, new: str) -> None:
    packed = path.suffix == ".gz"
    text = (gzip.decompress(path.read_bytes()) if packed else path.read_bytes()).decode()
    assert old in text
    raw = text.replace(old, new).encode()
    path.write_bytes(gzip.compress(raw) if packed else raw)


def load() -> list[str]:
    said: list[str] = []
    load_reference(said.append)
    return said


def counts() -> list[int]:
    return [m.objects.count() for m in (Commune, FormerCommune, Unit, LegalParameter, Measure)]


def test_loading_again_changes_nothing_and_says_nothing(world: World) -> None:
    with world.process("migrate"):
        load()
        before = counts()
        assert load() == []
        LoadedFile.objects.all().delete()
        assert len(load()) == 1
        assert counts() == before == [34_969, 4_240, len(list(files.units())), len(list(files.parameters())), 55]


def test_only_the_changed_file_is_written(world: World, data: Path) -> None:
    edit(data / "measures.csv", "Une seule carte", "Une carte")
    with world.process("migrate"):
        ids = list(LegalParameter.objects.order_by("id").values_list("id", flat=True))
        assert "55" in load()[0]
        assert Measure.objects.get(number=5).title_fr.startswith("Une carte")
        assert list(LegalParameter.objects.order_by("id").values_list("id", flat=True)) == ids


def test_a_renamed_unit_keeps_its_identifier_and_is_seen_at_once(world: World, data: Path) -> None:
    with world.process("migrate"):
        load()
        assert queries.unit("PJ13").name.startswith("Service de police judiciaire")
        edit(data / "units.csv", "Service de police judiciaire des Bouches", "Police judiciaire des Bouches")
        load()
        renamed = queries.unit("PJ13")
        assert renamed.name.startswith("Police judiciaire") and renamed.id == unit_id("PJ13")


def test_a_unit_that_leaves_its_file_is_refused_and_nothing_is_written(world: World, data: Path) -> None:
    lines = (data / "units.csv").read_text().splitlines(keepends=True)
    (data / "units.csv").write_text("".join(x for x in lines if not x.startswith("BS13,")))
    edit(data / "regions.csv", "Bretagne", "Breizh")
    with world.process("migrate"):
        with pytest.raises(DroppedRowsError, match=str(unit_id("BS13"))):
            load()
        assert world.sql("SELECT name FROM reference_region WHERE code = '53'") == [("Bretagne",)]


def test_a_former_code_that_leaves_its_file_goes(world: World, data: Path) -> None:
    edit(data / "communes.csv.gz", "59298 59355", "59355")
    with world.process("migrate"):
        load()
        assert not FormerCommune.objects.filter(code="59298").exists()
        assert FormerCommune.objects.filter(code="59355").exists()


def test_an_unknown_kind_stops_the_load(world: World, data: Path) -> None:
    edit(data / "units.csv", ",source_bureau,", ",sourcebureau,")
    with world.process("migrate"), pytest.raises(ValueError, match="sourcebureau"):
        load()
