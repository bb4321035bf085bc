"""The matcher answers on its socket: of what the session reads, whatever comes in, and to the staff site alone."""

import json
import os
import re
import shutil
import socket
import struct
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from recoupe.access.enums import Role
from recoupe.config import paths
from recoupe.crosscheck import asking
from recoupe.crosscheck.asking import alike
from recoupe.crosscheck.question import MOST_PEOPLE, Answer, Question, State
from recoupe.crosscheck.rules import LIKENESS_MS
from recoupe.crosscheck.wire import LONGEST_QUESTION, Broken
from recoupe.intelligence.actions import create_draft, deposit, mark_silent
from recoupe.intelligence.entry import PersonEntry
from recoupe.intelligence.models import Report
from recoupe.kernel.matchable import Subject
from recoupe.matching.model import read, write
from tests.crosscheck import process
from tests.crosscheck.scene import Scene, entry
from tests.folders import open_folder
from tests.world import TestAgent

SHIPPED = Path(__file__).parents[2] / "recoupe" / "demo" / "model.json"
NAME, BIRTH = ("KERVOAZEC", "Nolwenn"), "14/05/1987"
TYPED = Subject("Kervoasec", "Nolwen", (), BIRTH, "", ())
NOBODY = Subject("ZWICKER", "Ottokar", (), "02/02/1931", "", ())
STRANGER = 65534
MARK = "6c696b65-6e65-5373-8000-000000000000"


@pytest.fixture(scope="module")
def room(scene: Scene) -> Iterator[Path]:
    """A real matcher on a socket of its own; PJ13 holds somebody, customs somebody alike."""
    with open_folder("asking") as folder:
        credentials = folder / "credentials"
        credentials.mkdir()
        write(replace(read(SHIPPED), threshold=5.0), credentials / "matcher.model")
        scene.enter(scene.who(Role.INVESTIGATOR, "PJ13"), person=(*NAME, BIRTH))
        with process.matcher(scene.world, folder):
            line = folder / "matcher" / "matcher.sock"
            process.until(lambda: line.exists() and process.drained(scene.world))
            yield line.parent


@pytest.fixture(autouse=True)
def reached(room: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "matcher_socket", lambda: room / "matcher.sock")


def entered(scene: Scene, who: TestAgent, **changes: Any) -> UUID:
    record = scene.enter(who, **changes)
    process.until(lambda: process.drained(scene.world))
    return record


def raw(room: Path, content: bytes, *, end: bool = False) -> bytes:
    """What comes back to these bytes; a frame by hand, and no more of them when `end`."""
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(10)
        line.connect(str(room / "matcher.sock"))
        try:
            line.sendall(content)
            if end:
                line.shutdown(socket.SHUT_WR)
            return line.recv(65_536)
        except (ConnectionResetError, BrokenPipeError):
            return b""


def frame(message: Any) -> bytes:
    content = message if isinstance(message, bytes) else json.dumps(message).encode()
    return struct.pack(">I", len(content)) + content


def as_account(uid: int, work: Callable[[], str]) -> str:
    """What a child under another account of the machine says, or the name of what stopped it."""
    told, say = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(uid)
            os.setuid(uid)
            os.write(say, work().encode())
        except BaseException as error:
            os.write(say, type(error).__name__.encode())
        finally:
            os._exit(0)
    os.close(say)
    with os.fdopen(told, "rb") as said:
        answer = said.read().decode()
    os.waitpid(child, 0)
    return answer


def records(answer: Answer) -> list[UUID]:
    assert answer.state is State.ANSWERED
    return [one.record_id for one in answer.found[0]]


def test_who_is_alike_among_what_the_session_reads_with_the_steps_and_no_value(
    scene: Scene, police: TestAgent, customs: TestAgent, analyst: TestAgent
) -> None:
    held = entered(scene, customs, person=(*NAME, BIRTH))
    own = records(alike(police.token, [TYPED]))
    assert own
    assert held not in own
    assert records(alike(customs.token, [TYPED])) == [held]
    both = alike(analyst.token, [TYPED, NOBODY])
    assert set(records(both)) == {held, *own}
    assert both.found[1] == ()
    kept = str(both).upper()
    assert not [word for word in ("KERVOA", "NOLWEN", "1987", "ZWICKER") if word in kept]
    assert {step.get("comparison") for step in both.found[0][0].steps} >= {"name", "birth"}


def test_what_chance_gives_does_not_move_with_a_hidden_record(
    scene: Scene, police: TestAgent, customs: TestAgent
) -> None:
    before = alike(police.token, [TYPED])
    entered(scene, customs, person=("KERVOASEC", "Nolwenn", BIRTH))
    assert alike(police.token, [TYPED]) == before
    (chance,) = before.chances
    assert chance.comparisons == ("name", "birth")
    assert chance.holding == 1_000
    assert 0 < chance.strangers < 1


def test_whoever_is_masked_to_the_reader_is_recognised_by_no_likeness(scene: Scene, customs: TestAgent) -> None:
    """A minor is told to his unit and in the department; the office, of none, reads the report without the name."""
    office = scene.who(Role.OFAST_ANALYST, "OFAST")
    child = PersonEntry(family="Tréhorenteuc", given="Maël", birth="03/03/2011", category="suspect")
    typed = Subject("Trehorenteuc", "Mael", (), "03/03/2011", "", ())
    held = entered(scene, customs, persons=(child,))
    with scene.world.acting(office):
        assert scene.world.client(office).get(f"/renseignements/{held}/").status_code == 200
    assert records(alike(customs.token, [typed])) == [held]
    assert records(alike(office.token, [typed])) == []


def test_a_name_alone_is_found_where_one_looks_for_it_and_an_identifier_nearly_the_same_never(
    scene: Scene, police: TestAgent
) -> None:
    held = entered(scene, police, phone="0698765432", person=("PENGUERN", "Riwal", "01/02/1970"))
    name = Subject("Pengern", "Riwal", (), "", "", ())
    assert records(alike(police.token, [name])) == []
    assert records(alike(police.token, [name], loosely=True)) == [held]
    near = Subject("", "", (), "", "", (("phone", "0698765433"),))
    for loosely in (False, True):
        answer = alike(police.token, [near], loosely=loosely)
        assert records(answer) == []
        assert answer.chances[0].comparisons == ("phone",)


def test_no_session_no_purpose_no_answer(scene: Scene, police: TestAgent) -> None:
    idle = scene.world.agent(role=Role.INVESTIGATOR, unit="PJ13", purpose=False)
    for token in ("", "x" * 40, "'; SELECT 1; --", idle.token):
        assert alike(token, [TYPED]).state is State.AWAY
    asked = "SELECT count(*) FROM intelligence_depositcount WHERE agent_id = %s"
    assert scene.world.sql(asked, [idle.id]) == [(0,)]


def test_the_budget_of_the_day_ends_the_questions_and_the_head_is_told_once(scene: Scene) -> None:
    curious = scene.world.agent(role=Role.INVESTIGATOR, unit="PJ13")
    count = "INSERT INTO intelligence_depositcount SELECT gen_random_uuid(), %s, %s, %s, 498"
    scene.world.sql(count, [curious.id, MARK, timezone.localdate()])
    states = [alike(curious.token, [NOBODY]).state for _ in range(5)]
    assert states == [State.ANSWERED, State.ANSWERED, State.SPENT, State.SPENT, State.SPENT]
    told = "SELECT count(*) FROM notices_notice WHERE kind = 'likeness_budget' AND record_id = %s"
    assert scene.world.sql(told, [curious.id]) == [(1,)]
    written = [refs for _, _, refs, details in scene.world.journal("combine") if details == {"what": "likeness_budget"}]
    assert written == [[f"agent:{curious.id}"]]


TYPED_FORM = {
    "persons-TOTAL_FORMS": "2", "persons-0-family": "Kervoasec", "persons-0-given": "Nolwen", "persons-0-birth": BIRTH,
    "persons-1-family": "Zwicker", "persons-1-given": "Ottokar", "persons-1-birth": "02/02/1931",
}  # fmt: skip


def test_while_typing_the_matches_stand_with_their_reasons_and_what_was_shown_is_written_down(
    scene: Scene, police: TestAgent, customs: TestAgent
) -> None:
    page = scene.world.client(police).post("/renseignements/ressemblances/", TYPED_FORM)
    shown = page.content.decode().replace("\u00a0", " ")
    assert page.status_code == 200
    assert "Quelqu'un qui ressemble à « Nolwen Kervoasec »" in unescape(shown)
    assert "ne nomme quelqu'un qui ressemble à « Ottokar Zwicker »" in unescape(shown)
    assert "Ce qui pèse pour et contre" in shown
    assert "Parmi 1 000 personnes, environ 0," in shown.replace("\u202f", " ")
    (own,) = records(alike(police.token, [TYPED]))[:1]
    _, actor, refs, details = scene.world.journal("search")[-1]
    assert actor == police.id
    assert f"report:{own}" in refs
    assert details["what"] == "likeness"
    assert not [word for word in ("ervoa", "olwen", "1987") if word in str(details)]


def test_a_row_that_names_nobody_shifts_no_answer(scene: Scene, police: TestAgent) -> None:
    """A birth place alone is not asked about; whoever follows keeps the answer that is his."""
    form = {
        "persons-TOTAL_FORMS": "3", "persons-0-birth_commune": "Marseille",
        "persons-1-family": "Zwicker", "persons-1-given": "Ottokar", "persons-1-birth": "02/02/1931",
        "persons-2-family": "Kervoasec", "persons-2-given": "Nolwen", "persons-2-birth": BIRTH,
    }  # fmt: skip
    shown = unescape(likeness(scene, police, form))
    assert "ne nomme quelqu'un qui ressemble à « Ottokar Zwicker »" in shown
    assert "Quelqu'un qui ressemble à « Nolwen Kervoasec »" in shown
    assert "Personne n° 1" not in shown


def test_of_too_many_people_the_first_are_asked_about_and_the_page_says_so(scene: Scene, police: TestAgent) -> None:
    form = {"persons-TOTAL_FORMS": str(MOST_PEOPLE + 1)}
    for row in range(MOST_PEOPLE + 1):
        form |= {f"persons-{row}-family": f"Zwicker{'abcdefghijklm'[row]}", f"persons-{row}-birth": "02/02/1931"}
    shown = unescape(likeness(scene, police, form))
    assert f"Seules les {MOST_PEOPLE} premières personnes" in shown
    assert shown.count("ne nomme quelqu'un qui ressemble") == MOST_PEOPLE
    form["persons-TOTAL_FORMS"] = str(MOST_PEOPLE)
    assert "premières personnes" not in likeness(scene, police, form)


def likeness(scene: Scene, who: TestAgent, form: dict[str, str]) -> str:
    """What the page says beside this form."""
    page = scene.world.client(who).post("/renseignements/ressemblances/", form)
    assert page.status_code == 200
    return str(page.content.decode().replace("\u00a0", " "))


CLOSED: dict[str, dict[str, Any]] = {
    "H3": {"handling": "H3", "h3_line": "nobody", "handling_conditions": "opération en cours"},
    "H3 of the holder": {"handling": "H3", "h3_line": "holder_only", "handling_conditions": "opération en cours"},
    "of another territory": {"commune": "69123"},
    "H2 of another territory": {"commune": "69123", "handling": "H2"},
    "silent": {},
    "a draft": {},
}
# The token of the forms is written anew in each answer.
_NONCE = re.compile(rb"\b[A-Za-z0-9]{64}\b")


def asked_by(scene: Scene, who: TestAgent) -> list[tuple[int, bytes]]:
    """What the pages on which likeness stands answer: while typing, in a search, in the box of the top bar."""
    client = scene.world.client(who)
    questions = [("/renseignements/ressemblances/", TYPED_FORM)]
    questions += [("/renseignements/ressemblances/", TYPED_FORM | {"persons-0-birth": birth}) for birth in ("", "1987")]
    questions += [("/recherche/", {"selector": typed}) for typed in ("Kervoasec Nolwen 1987", "Nolwenn Kervoazec")]
    questions += [
        ("/recherche/", {"q": "Kervoasec Nolwen"}),
        ("/recherche/", {"kind": "phone", "selector": "0655443322"}),
    ]
    answers = [client.post(*question) for question in questions]
    return [(answer.status_code, _NONCE.sub(b"", answer.content)) for answer in answers]


@pytest.mark.parametrize("closed", CLOSED)
def test_a_hidden_record_that_is_alike_changes_no_byte_of_any_page(
    scene: Scene, police: TestAgent, customs: TestAgent, analyst: TestAgent, closed: str
) -> None:
    before = {who.id: asked_by(scene, who) for who in (police, analyst)}
    assert any("Quelqu'un qui ressemble" in unescape(page.decode()) for _, page in before[police.id])
    hidden = entry(person=(*NAME, BIRTH), phone="0655443322", **CLOSED[closed])
    with scene.world.acting(customs) as agent:
        made = create_draft(by=agent, entry=hidden) if closed == "a draft" else deposit(by=agent, entry=hidden)
    if closed == "silent":
        with scene.world.acting(scene.who(Role.UNIT_HEAD, "DED13")) as head:
            until = timezone.localdate() + timedelta(days=30)
            mark_silent(by=head, report=Report.objects.get(pk=made.id), until=until, reason="livraison surveillée")
    process.until(lambda: process.drained(scene.world))
    if closed != "a draft":
        held = "SELECT likeness <> '' FROM crosscheck_indexrecord WHERE record_id = %s"
        assert scene.world.sql(held, [made.id]) == [(True,)]
    for who in (police, analyst):
        assert asked_by(scene, who) == before[who.id]


def test_a_search_forgives_the_spelling(scene: Scene, police: TestAgent, customs: TestAgent) -> None:
    held = entered(scene, police, person=("LE BIHANNIC", "Youenn", "09/10/1965"))
    for who, found in ((police, True), (customs, False)):
        for asked in ({"selector": "Youen Le Bihanic", "kind": "person"}, {"q": "Youen Bihannic"}):
            page = scene.world.client(who).post("/recherche/", asked)
            assert page.status_code == 200
            assert (f"/renseignements/{held}/" in page.content.decode()) is found, asked
    exact = scene.world.client(police).post("/recherche/", {"selector": "Le Bihannic Youenn", "kind": "person"})
    assert exact.content.decode().count(f"/renseignements/{held}/") == 1


def test_without_a_matcher_the_pages_say_so_in_one_sentence_and_work(
    scene: Scene, police: TestAgent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "matcher_socket", lambda: tmp_path / "none.sock")
    client = scene.world.client(police)
    before = len(scene.world.journal("search"))
    for page in (
        client.post("/renseignements/ressemblances/", TYPED_FORM),
        client.post("/recherche/", {"q": "Le Goff"}),
    ):
        assert page.status_code == 200
        assert "Les ressemblances ne sont pas disponibles" in page.content.decode()
    assert len(scene.world.journal("search")) == before + 2
    assert "ressemblances" not in client.post("/renseignements/ressemblances/", {}).content.decode()


@pytest.mark.parametrize("typed", ["\x00", "\ud800", "e\u0301" * 400, "٠٦١٢", "🙂" * 300, "99999999", "-1"])
def test_whatever_is_typed_the_page_answers(scene: Scene, police: TestAgent, typed: str) -> None:
    written = typed.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    form = {f"persons-0-{name}": written for name in ("family", "given", "aliases", "birth", "birth_commune")}
    for rows in ("1", written):
        asked = {**form, "persons-TOTAL_FORMS": rows, "selectors-TOTAL_FORMS": rows, "selector": f"phone:{written}"}
        page = scene.world.client(police).post("/renseignements/ressemblances/", asked)
        assert page.status_code in (200, 422)
    assert alike(police.token, [Subject(typed, "", (), typed, "", (("phone", typed),))]).state in State


def test_an_answer_leaves_at_a_beat(police: TestAgent) -> None:
    started = time.monotonic()
    assert alike(police.token, [TYPED]).state is State.ANSWERED
    # A sleep never ends before its time.
    assert time.monotonic() - started >= LIKENESS_MS / 1000


BLANK = {"family": "", "given": "", "birth": "", "birth_place": "", "aliases": [], "selectors": []}
HOSTILE = {
    "nothing": b"",
    "half a length": b"\x00\x00",
    "less than said": struct.pack(">I", 50) + b"{}",
    "too long": struct.pack(">I", LONGEST_QUESTION + 1),
    "as long as can be": b"\xff\xff\xff\xff" + b"x" * 100,
    "an address of the web": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "no JSON": frame(b"\x00\xff\xfe"),
    "deep": frame(b"[" * 60_000),
    "no number": frame(b'{"token": NaN}'),
    "a list": frame([]),
    "no people": frame({"token": "x", "people": [], "loosely": False}),
    "too many": frame(Question("x", (TYPED,)).as_message() | {"people": [{}] * (MOST_PEOPLE + 1)}),
    "another field": frame(Question("x", (TYPED,)).as_message() | {"role": "office"}),
    "half a letter": frame({"token": "x", "loosely": False, "people": [BLANK | {"family": "\ud800"}]}),
    "a kind that is a list": frame({"token": "x", "loosely": False, "people": [BLANK | {"selectors": [[[], ""]]}]}),
}  # fmt: skip


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_bytes_are_answered_by_closing_and_the_next_question_is_served(
    room: Path, police: TestAgent, content: bytes
) -> None:
    assert raw(room, content, end=True) == b""
    assert alike(police.token, [TYPED]).state is State.ANSWERED


def test_as_many_idle_lines_as_threads_hold_up_the_others_a_moment_only(room: Path, police: TestAgent) -> None:
    idle = [socket.socket(socket.AF_UNIX) for _ in range(4)]
    try:
        for line in idle:
            line.connect(str(room / "matcher.sock"))
        process.until(lambda: alike(police.token, [TYPED]).state is State.ANSWERED, seconds=20)
    finally:
        for line in idle:
            line.close()


def test_the_socket_is_closed_to_other_accounts(room: Path) -> None:
    """By the rights of its folder; and by the peer's own identity where these were opened by mistake."""
    assert (room / "matcher.sock").stat().st_mode & 0o007 == 0
    if os.geteuid() != 0:
        pytest.skip("only root becomes another account")
    content = frame(Question("x", (TYPED,)).as_message())

    def from_outside(uid: int) -> str:
        return as_account(uid, lambda: str(len(raw(room, content))))

    assert from_outside(STRANGER) == "PermissionError"
    modes = {path: path.stat().st_mode & 0o7777 for path in (room, room / "matcher.sock")}
    try:
        for path in modes:
            path.chmod(0o777)
        assert from_outside(STRANGER) == "0"
        assert int(from_outside(0)) > 0
        # The group that the set-up gives the folder is that of the staff site.
        shutil.chown(room, group=STRANGER)
        assert int(from_outside(STRANGER)) > 0
    finally:
        shutil.chown(room, group=os.getegid())
        for path, mode in modes.items():
            path.chmod(mode)


def test_a_matcher_that_is_down_or_talks_nonsense_is_away(
    police: TestAgent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "matcher_socket", lambda: tmp_path / "none.sock")
    assert alike(police.token, [TYPED]) == Answer(State.AWAY)
    messages: list[Any] = [{}, [], {"state": "answered", "found": [["x"]], "chances": [], "budget": 0}]
    for message in messages:
        with pytest.raises(Broken):
            Answer.of(message)


def test_what_is_asked_and_told_goes_over_the_wire_whole() -> None:
    question = Question("t", (TYPED, NOBODY), loosely=True)
    assert Question.of(json.loads(json.dumps(question.as_message()))) == question
    assert paths.matcher_socket().name == "matcher.sock"
