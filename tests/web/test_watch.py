"""The watch desk: dangers by their hour, whom to call, who knows; hand-over; what is left while the journal refuses."""

import json
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from html import unescape
from pathlib import Path
from uuid import UUID

import pytest

from recoupe.access import context
from recoupe.access.enums import Role
from recoupe.audit import aside
from recoupe.cli import check
from recoupe.deconfliction.models import DangerSide
from tests.deconfliction.beside import append, refusing, take_in, taken
from tests.deconfliction.scene import Scene, emptied
from tests.operations.made import noon, point
from tests.web.rooms import text
from tests.world import TestAgent, World


@pytest.fixture
def scene(world: World) -> Iterator[Scene]:
    emptied(world)
    yield Scene(world)


@pytest.fixture
def file(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file beside the journal, in a folder of this test, of which the journal knows nothing."""
    path = tmp_path / "consultations.jsonl"
    for reader in (aside, check):
        monkeypatch.setattr(reader, "watch_file", lambda: path)
    world.sql("DELETE FROM audit_aside")
    return path


def _screen(scene: Scene, who: TestAgent | None = None, address: str = "/veille/", status: int = 200) -> str:
    answer = scene.world.client(who or scene.watch).get(address)
    assert answer.status_code == status, (address, answer.content.decode()[:400])
    return unescape(text(answer))


def _side(scene: Scene, who: TestAgent) -> DangerSide:
    with scene.world.acting(who):
        found: DangerSide = DangerSide.objects.get(live=True)
    return found


def test_the_screen_says_who_must_be_called_and_nothing_of_the_plans(scene: Scene) -> None:
    scene.meet(point(label="Opération Mistral", kind="arrest"))
    page = _screen(scene)
    side = _side(scene, scene.police_duty)
    assert "Bouches-du-Rhône (13)" in page and side.other_phone in page
    assert page.count("À appeler") == 2
    for hidden in ("Mistral", "interpellation", "Marseille", "PJ13-E-", "DED13-E-", "5.36"):
        assert hidden not in page, hidden


def test_the_next_one_to_begin_stands_first(scene: Scene) -> None:
    scene.meet(point(noon() + timedelta(minutes=1)))
    sooner = point(noon(1))
    scene.enter(scene.police, sooner)
    scene.enter(scene.customs, sooner)
    scene.compare()
    page = _screen(scene)
    assert page.index(noon(1).strftime("%d/%m %H:%M")) < page.index(noon().strftime("%d/%m %H:%M"))


@pytest.mark.parametrize(
    ("role", "unit", "status"),
    [
        (Role.WATCH_DESK, "OFAST", 200), (Role.WATCH_DESK, "PJ13", 403), (Role.WATCH_DESK, "CROSS13", 403),
        (Role.OFAST_ANALYST, "OFAST", 403), (Role.DUTY_OFFICER, "PJ13", 403), (Role.SYSADMIN, "OFAST", 403),
    ],
)  # fmt: skip
def test_who_opens_it(scene: Scene, role: Role, unit: str, status: int) -> None:
    who = scene.world.agent(role, unit)
    for address in ("/veille/", "/veille/etat/", "/veille/releve/"):
        _screen(scene, who, address, status)


def test_the_watch_desk_opens_nothing_else(scene: Scene) -> None:
    ours, _ = scene.meet()
    side = _side(scene, scene.police_duty)
    for address in ("/evenements/", f"/evenements/{ours}/", f"/dangers/{side.id}/", "/recoupements/", "/recherche/"):
        assert scene.world.client(scene.watch).get(address).status_code in (403, 404), address


def test_a_call_is_written_down_and_shown(scene: Scene) -> None:
    scene.meet()
    side = _side(scene, scene.police_duty)
    client = scene.world.client(scene.watch)
    assert client.post(f"/veille/{side.danger_id}/sans-reponse/", {"side": str(side.id)}).status_code == 302
    assert "pas de réponse" in _screen(scene)
    assert client.post(f"/veille/{side.danger_id}/joint/", {"side": str(side.id)}).status_code == 302
    assert "a répondu" in _screen(scene)
    assert client.post(f"/veille/{side.danger_id}/joint/", {"side": str(UUID(int=1))}).status_code == 404
    assert client.post(f"/veille/{UUID(int=1)}/joint/", {"side": str(side.id)}).status_code == 404
    page = _screen(scene, address=f"/veille/{side.danger_id}/")
    assert "appelé, pas de réponse" in page and "appelé, a répondu" in page
    unit = scene.world.sql("SELECT name FROM reference_unit WHERE code = 'PJ13'")[0][0]
    assert f"{unit} · appelé, a répondu" in page
    # What was called stays named once the danger is over.
    scene.cancel(scene.police, side.event_id)
    scene.compare()
    assert f"{unit} · appelé, a répondu" in _screen(scene, address=f"/veille/{side.danger_id}/")


def test_the_desk_is_handed_over_with_a_note_on_each_danger(scene: Scene) -> None:
    with scene.world._session() as direct:
        direct.execute("SET session_replication_role = replica")
        direct.execute("DELETE FROM deconfliction_watchshift")
        direct.execute("SET session_replication_role = DEFAULT")
    scene.meet()
    danger = _side(scene, scene.police_duty).danger_id
    night = scene.world.agent(Role.WATCH_DESK, "OFAST")
    first, second = scene.world.client(scene.watch), scene.world.client(night)
    assert first.post("/veille/releve/preparer/").status_code == 409
    assert first.post("/veille/releve/prendre/").status_code == 302
    assert "Veille tenue par" in _screen(scene)
    # A danger without a note is not handed over.
    assert first.post("/veille/releve/preparer/").status_code == 409
    assert first.post(f"/veille/{danger}/consigne/", {"text": " "}).status_code == 422
    assert first.post(f"/veille/{danger}/consigne/", {"text": "Rappeler à 6 h"}).status_code == 302
    # Without a hand-over the next one says why.
    assert second.post("/veille/releve/prendre/").status_code == 422
    assert first.post("/veille/releve/preparer/").status_code == 302
    assert second.post("/veille/releve/prendre/").status_code == 302
    assert "Rappeler à 6 h" in _screen(scene, night)
    held = scene.world.sql("SELECT agent_id, state FROM deconfliction_watchshift ORDER BY since")
    assert held == [(scene.watch.id, "ENDED"), (night.id, "HELD")]
    assert first.post("/veille/releve/prendre/", {"motive": "Collègue souffrant"}).status_code == 302


def test_only_who_keeps_the_watch_alone_stays_signed_in_by_his_screen(scene: Scene) -> None:
    both = scene.world.agent([Role.WATCH_DESK, Role.OFAST_ANALYST], "OFAST")
    for who, awake in ((scene.watch, True), (both, False)):
        age = "UPDATE access_session SET seen_at = now() - interval '14 minutes' WHERE agent_id = %s"
        scene.world.sql(age, [who.id])
        _screen(scene, who, "/veille/etat/")
        seen = "SELECT seen_at > now() - interval '1 minute' FROM access_session WHERE agent_id = %s"
        assert scene.world.sql(seen, [who.id]) == [(awake,)]


def test_while_the_journal_refuses_dangers_and_numbers_are_shown_each_reading_written_first(
    scene: Scene, file: Path
) -> None:
    scene.meet()
    danger = _side(scene, scene.police_duty).danger_id
    with refusing(scene.world):
        _refused(scene, file, danger)


def _refused(scene: Scene, file: Path, danger: UUID) -> None:
    page = _screen(scene)
    assert "Le journal refuse" in page and _side(scene, scene.police_duty).other_phone in page
    for absent in ("À appeler", "A répondu", "Veille tenue", "Appels et consignes"):
        assert absent not in page, absent
    _screen(scene, address="/veille/etat/")
    [first, second] = [json.loads(line) for line in file.read_text().splitlines()]
    assert first["refs"] == [f"danger:{danger}"] == second["refs"]
    assert (first["actor"], first["why"]) == (str(scene.watch.id), "RJ001")
    assert second["before"] == sha256(file.read_bytes().splitlines()[0]).hexdigest()
    # Nothing else opens, and nothing is written.
    assert scene.world.client(scene.watch).get(f"/veille/{danger}/").status_code == 503
    assert scene.world.client(scene.watch).get("/veille/releve/").status_code == 503
    assert scene.world.client(scene.watch).post(f"/veille/{danger}/consigne/", {"text": "x"}).status_code == 503
    assert len(file.read_text().splitlines()) == 2


def test_what_cannot_be_written_beside_is_not_shown(scene: Scene, file: Path) -> None:
    scene.meet()
    file.mkdir()
    with refusing(scene.world):
        page = _screen(scene, status=503)
    assert "ne peut pas non plus être écrite" in page
    assert _side(scene, scene.police_duty).other_phone not in page


def test_the_journal_takes_each_reading_in_once_in_order(scene: Scene, file: Path) -> None:
    scene.meet()
    with refusing(scene.world):
        for _ in range(5):
            _screen(scene, address="/veille/etat/")
        # To refuse is not to have nothing to do.
        assert take_in(scene.world, file) == aside.Taken(0, "RJ001")
    with file.open("ab") as stream:
        stream.write(b'{"id": "cut by')
    assert take_in(scene.world, file) == aside.Taken(5)
    assert take_in(scene.world, file) == aside.Taken()
    written = [json.loads(line)["at"] for line in file.read_text().splitlines()[:5]]
    assert taken(scene.world, scene.watch) == written == sorted(written)
    # A line that a cut of power left without its end is followed by whole ones, and by the chain.
    append(file, scene.watch)
    assert [line.whole for line in aside.lines(file)] == [True] * 5 + [False, True]
    assert all(line.chained for line in aside.lines(file) if line.whole)
    assert take_in(scene.world, file) == aside.Taken(1)


def _reread(world: World, path: Path) -> list[str]:
    """The lines that the next turn would read, by what the journal keeps."""
    with world.process("worker"), context.service("worker", "veille"):
        return [line.text for line in aside.waiting(path, aside.taken_in())]


def test_what_was_taken_in_is_not_read_again(scene: Scene, file: Path) -> None:
    """The place outlives the process: it stands in the base, behind the last line taken."""
    append(file, scene.watch, 3)
    with refusing(scene.world):
        assert take_in(scene.world, file).refused == "RJ001"
        assert len(_reread(scene.world, file)) == 3
    assert take_in(scene.world, file) == aside.Taken(3)
    assert _reread(scene.world, file) == []
    append(file, scene.watch)
    assert _reread(scene.world, file) == file.read_text().splitlines()[3:]
    assert take_in(scene.world, file) == aside.Taken(1)


def test_a_file_that_was_cut_or_replaced_is_said_and_taken_in_once(
    scene: Scene, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    append(file, scene.watch, 4)
    assert take_in(scene.world, file) == aside.Taken(4)
    whole = file.read_text().splitlines(keepends=True)
    file.write_text("".join(whole[:2]))
    assert _found(scene.world).well is False
    assert take_in(scene.world, file) == aside.Taken()
    assert "cut or replaced" in caplog.text
    caplog.clear()
    assert take_in(scene.world, file) == aside.Taken()
    assert caplog.text == ""
    # Put back after another first line: what was taken in is not taken twice, and from then on not read again.
    file.unlink()
    append(file, scene.watch)
    file.write_text(file.read_text() + "".join(whole))
    assert take_in(scene.world, file) == aside.Taken(1)
    assert _reread(scene.world, file) == []
    assert len(taken(scene.world, scene.watch)) == 5


def test_whoever_checks_the_house_is_told_how_many_readings_wait(scene: Scene, file: Path) -> None:
    append(file, scene.watch, 2)
    assert (_found(scene.world).well, "2 à reprendre" in _found(scene.world).seen) == (False, True)
    assert take_in(scene.world, file) == aside.Taken(2)
    assert _found(scene.world).well


def _found(world: World) -> check.Finding:
    with world.process("migrate"):
        return next(check.watch_readings())


def test_a_line_that_is_no_reading_stops_nothing(scene: Scene, file: Path) -> None:
    """Written by somebody else, with its end: it is passed over, and the next line names another one before it."""
    append(file, scene.watch)
    [line] = file.read_text().splitlines()
    said = json.loads(line)
    poison = ({**said, "actor": "nobody"}, {**said, "refs": "x"}, {**said, "what": "\0"}, {"before": "x"}, [1], 7)
    file.write_text("".join(json.dumps(one) + "\n" for one in (*poison, said)))
    assert [one.whole for one in aside.lines(file)] == [False] * len(poison) + [True]
    assert take_in(scene.world, file) == aside.Taken(1)
    assert take_in(scene.world, file) == aside.Taken()


def test_a_line_that_was_altered_is_taken_in_and_said_to_be(scene: Scene, file: Path) -> None:
    append(file, scene.watch, 3)
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join([lines[0].replace("RJ001", "53100"), *lines[1:]]))
    assert [line.chained for line in aside.lines(file)] == [True, False, True]
    assert take_in(scene.world, file) == aside.Taken(3)
    query = "SELECT count(*) FROM audit_entry WHERE actor = %s AND details ->> 'chain' = 'broken'"
    assert scene.world.sql(query, [scene.watch.id]) == [(1,)]
