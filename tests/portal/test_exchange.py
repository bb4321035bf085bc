"""The exchange of letters: what is kept, what comes back, that nothing of who asked stays, and one size for all."""

import secrets
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from django.test.utils import override_settings

from recoupe.portal import views
from recoupe.portal.flood import PER_MINUTE, WINDOW, Bucket
from recoupe.sealing import answer, exchange, hpke, letter, receipt, work
from tests.browser import chromium, watched
from tests.portal.test_store import publish
from tests.web.live import serving
from tests.web.style.server import settings_of
from tests.world import World

BYTES = "application/octet-stream"
AREA = "13"


@pytest.fixture(scope="module")
def cell(world: World) -> bytes:
    """A private key of the cell of Bouches-du-Rhône, whose public half is published."""
    private = hpke.new_private_key()
    world.sql(
        "INSERT INTO tips_publickey (id, unit_id, public, valid_from)"
        " SELECT gen_random_uuid(), id, %s, '2026-01-01' FROM reference_unit WHERE code = 'CROSS13'",
        [hpke.public_key(private)],
    )
    return private


@pytest.fixture
def public(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    """A client of the public site under its own database role, with nobody else about."""
    monkeypatch.setattr(views, "BUCKET", Bucket())
    [first] = settings.TEMPLATES
    with (
        override_settings(
            ROOT_URLCONF="recoupe.config.urls_portal",
            MIDDLEWARE=[m for m in settings.MIDDLEWARE if "ActingContext" not in m],
            TEMPLATES=[{**first, "OPTIONS": {"context_processors": []}}],
        ),
        world.process("portal"),
    ):
        yield Client(raise_request_exception=False)


def body(public: Client, act: int, payload: bytes) -> bytes:
    """A request with its work done."""
    puzzle = public.get("/calcul").content
    return bytes([act]) + puzzle + work.solve(puzzle) + payload


def send(public: Client, whole: bytes, path: str = "/pli", **extra: Any) -> HttpResponse:
    """What the site answers."""
    return public.post(path, whole, content_type=BYTES, **extra)  # type: ignore[return-value]


def outcome(response: HttpResponse) -> exchange.Outcome:
    """What came of it; every answer has its size and its status."""
    assert response.status_code == 200
    assert len(response.content) == exchange.ANSWERED
    return exchange.Outcome(response.content[0])


def sentence(response: HttpResponse) -> str:
    """What it says."""
    return response.content[2 : 2 + exchange.SENTENCE].decode().strip()


def written(cell: bytes, mine: receipt.Receipt, area: str = AREA, text: bytes = b"by the school") -> bytes:
    """A letter to the cell."""
    return letter.seal(text, place=mine.place, area=area, keys=[hpke.public_key(cell), None, None, None])


def asking(mine: receipt.Receipt) -> bytes:
    """What asks for a thread, with its filling."""
    return mine.fetch_key + secrets.token_bytes(4096 - 32)


def test_a_letter_goes_is_asked_for_answered_and_burnt(world: World, public: Client, cell: bytes) -> None:
    mine = receipt.draw()
    done = exchange.Outcome.DONE
    assert outcome(send(public, body(public, 1, written(cell, mine)))) is done
    [(kept,)] = world.sql("SELECT letter FROM tips_letter WHERE place = %s", [mine.place])
    assert letter.unseal(bytes(kept), cell, 0) == b"by the school"
    told = send(public, body(public, 2, asking(mine)))
    assert (outcome(told), told.content[1]) == (done, 1)
    made = answer.seal(b"read, thank you", place=mine.place, public=hpke.public_key(mine.thread_key))
    world.sql("INSERT INTO tips_answer VALUES (gen_random_uuid(), '2026-11-23', %s, %s)", [mine.place, made])
    told = send(public, body(public, 2, asking(mine)))
    first = told.content[2 + exchange.SENTENCE :][: answer.SIZE]
    assert answer.unseal(first, place=mine.place, private=mine.thread_key) == b"read, thank you"
    burnt = send(public, body(public, 3, asking(mine)))
    assert (outcome(burnt), burnt.content[1]) == (done, 1)
    told = send(public, body(public, 2, asking(mine)))
    assert (outcome(told), told.content[1]) == (done, 0)


def test_a_department_whose_cell_has_no_key_takes_nothing(world: World, public: Client, cell: bytes) -> None:
    before = world.sql("SELECT count(*) FROM tips_letter")
    told = send(public, body(public, 1, written(cell, receipt.draw(), "2A")))
    assert outcome(told) is exchange.Outcome.CLOSED
    assert "rien n'a été reçu" in sentence(told)
    assert world.sql("SELECT count(*) FROM tips_letter") == before


def test_work_that_has_served_is_refused_and_the_same_letter_is_one(world: World, public: Client, cell: bytes) -> None:
    mine = receipt.draw()
    first = body(public, 1, written(cell, mine))
    assert outcome(send(public, first)) is exchange.Outcome.DONE
    assert outcome(send(public, first)) is exchange.Outcome.DONE, "the answer may have been lost"
    assert world.sql("SELECT count(*) FROM tips_letter WHERE place = %s", [mine.place]) == [(1,)]
    for act, payload in ((1, written(cell, receipt.draw())), (2, asking(mine)), (3, asking(mine))):
        replayed = bytes([act]) + first[1 : exchange.HEAD] + payload
        told = send(public, replayed)
        assert outcome(told) is exchange.Outcome.WORK_AGAIN
        assert "déjà servi" in sentence(told)
    assert world.sql("SELECT count(*) FROM tips_letter WHERE place = %s", [mine.place]) == [(1,)]


SPOILT: dict[str, tuple[Callable[[bytes], bytes], exchange.Outcome]] = {
    "empty": (lambda whole: b"", exchange.Outcome.NOT_UNDERSTOOD),
    "one byte": (lambda whole: whole[:1], exchange.Outcome.NOT_UNDERSTOOD),
    "cut": (lambda whole: whole[:-1], exchange.Outcome.NOT_UNDERSTOOD),
    "longer": (lambda whole: whole + b"\0", exchange.Outcome.NOT_UNDERSTOOD),
    "an act that is none": (lambda whole: b"\x09" + whole[1:], exchange.Outcome.NOT_UNDERSTOOD),
    "a version that is none": (
        lambda whole: whole[: exchange.HEAD] + b"\2" + whole[exchange.HEAD + 1 :],
        exchange.Outcome.NOT_UNDERSTOOD,
    ),
    "a department that is none": (
        lambda whole: whole[: exchange.HEAD + 33] + b"zz " + whole[exchange.HEAD + 36 :],
        exchange.Outcome.NOT_UNDERSTOOD,
    ),
    "a forged puzzle": (lambda whole: whole[:37] + bytes([whole[37] ^ 1]) + whole[38:], exchange.Outcome.WORK_AGAIN),
    "a forged solution": (lambda whole: whole[:38] + b"\xff" * 16 + whole[54:], exchange.Outcome.WORK_AGAIN),
    "far too long": (lambda whole: whole + bytes(11 << 20), exchange.Outcome.NOT_UNDERSTOOD),
}


@pytest.mark.parametrize("how", SPOILT)
def test_what_is_no_exchange_is_refused_with_a_sentence_and_nothing_is_kept(
    world: World, public: Client, cell: bytes, how: str
) -> None:
    count = "SELECT (SELECT count(*) FROM tips_letter), (SELECT count(*) FROM tips_spentproof)"
    before = world.sql(count)
    spoil, due = SPOILT[how]
    told = send(public, spoil(body(public, 1, written(cell, receipt.draw()))))
    assert outcome(told) is due
    assert len(sentence(told)) > 20
    assert world.sql(count) == before


def test_a_form_a_reading_and_another_type_are_no_exchange(public: Client) -> None:
    assert public.get("/pli").status_code == 405
    assert outcome(public.post("/pli", {"a": "b"})) is exchange.Outcome.NOT_UNDERSTOOD  # type: ignore[arg-type]
    assert public.post("/calcul").status_code == 405


def test_every_answer_looks_alike(world: World, public: Client, cell: bytes) -> None:
    """R-14: known, unknown, burnt, refused: one status, one length, the same headers with the same lengths."""
    mine, other = receipt.draw(), receipt.draw()
    answers = [
        send(public, body(public, 1, written(cell, mine))),
        send(public, body(public, 1, written(cell, other, "2A"))),
        send(public, body(public, 2, asking(mine))),
        send(public, body(public, 2, asking(other))),
        send(public, body(public, 3, asking(other))),
        send(public, b"nothing"),
        send(public, body(public, 2, asking(mine))[:-1]),
    ]
    lengths = {tuple(sorted((name, len(value)) for name, value in one.headers.items())) for one in answers}
    assert len(lengths) == 1
    assert {len(one.content) for one in answers} == {exchange.ANSWERED}
    assert all(not one.cookies and "no-store" in one["Cache-Control"] for one in answers)
    assert {one["Referrer-Policy"] for one in answers} == {"no-referrer"}
    asked = {len(body(public, act, payload)) for act, payload in ((1, written(cell, mine)), (2, asking(mine)))}
    assert len(asked) == 1, "a return is as long as a short letter"


def test_the_address_gives_the_language(public: Client) -> None:
    assert "rien n'a été reçu" in sentence(send(public, b"x"))
    assert "nothing was received" in sentence(send(public, b"x", "/en/pli"))


def test_a_flood_is_held_and_who_was_held_may_send_again(
    world: World, public: Client, cell: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "BUCKET", Bucket(per_minute=0))
    whole = body(public, 1, written(cell, receipt.draw()))
    told = send(public, whole)
    assert outcome(told) is exchange.Outcome.BUSY
    assert "Réessayez" in sentence(told)
    monkeypatch.setattr(views, "BUCKET", Bucket(per_minute=1))
    assert outcome(send(public, b"rubbish")) is exchange.Outcome.NOT_UNDERSTOOD
    assert outcome(send(public, whole)) is exchange.Outcome.DONE, "rubbish takes nobody's turn"


def test_the_puzzle_costs_more_while_more_comes_in(public: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert public.get("/calcul").content[4] == work.LEAST
    full = Bucket()
    now = views._minute()
    for minute in range(now - WINDOW + 1, now + 1):
        while full.take(minute):
            continue
    monkeypatch.setattr(views, "BUCKET", full)
    assert public.get("/calcul").content[4] == work.MOST


def test_the_bucket_counts_the_last_minutes_alone() -> None:
    bucket = Bucket(per_minute=3)
    assert [bucket.take(100) for _ in range(4)] == [True, True, True, False]
    assert bucket.take(101)
    assert bucket.lately(101) == 4
    assert bucket.lately(100 + WINDOW - 1) == 4
    assert bucket.lately(100 + WINDOW) == 1
    assert bucket.take(100 + 5 * WINDOW)
    assert bucket.lately(100 + 5 * WINDOW) == 1
    assert PER_MINUTE > 600, "a flood of ten a second leaves room"


def test_no_address_and_no_browser_is_left_in_the_base(
    world: World, public: Client, cell: bytes, cluster_folder: Path
) -> None:
    """R-01: markers in the base, its journal of changes and its log; one that is planted is found."""
    markers = [f"marked{secrets.token_hex(8)}" for _ in range(20)]
    mine = receipt.draw()
    for number, marker in enumerate(markers):
        extra = {"REMOTE_ADDR": f"127.9.{number}.77", "HTTP_USER_AGENT": marker, "HTTP_X_FORWARDED_FOR": marker}
        act, payload = (1, written(cell, receipt.draw())) if number % 2 else (2, asking(mine))
        assert outcome(send(public, body(public, act, payload), **extra)) is exchange.Outcome.DONE
    planted = f"marked{secrets.token_hex(8)}"
    world.sql(f"COMMENT ON TABLE tips_letter IS '{planted}'")
    world.sql("CHECKPOINT")
    addresses = [f"127.9.{number}.77" for number in range(len(markers))]
    seen = {one for one in (*markers, *addresses, planted) if _found(cluster_folder, one)}
    assert seen == {planted}


def _found(folder: Path, marker: str) -> bool:
    done = subprocess.run(["/usr/bin/grep", "-raqF", marker, str(folder)], check=False)
    return done.returncode == 0


DEPOSITED = """async ([words, area, key, text]) => {
  const s = await import("/static/sealing/sealing.mjs");
  const e = await import("/static/portal/exchange.mjs");
  const list = (await (await fetch("/static/sealing/words.txt")).text()).trim().split("\\n");
  const keys = await s.keysOf(await s.readReceipt(words, list));
  const to = new Uint8Array(key.match(/../g).map((two) => parseInt(two, 16)));
  const content = new TextEncoder().encode(text);
  const letter = await s.sealLetter(content, { place: keys.place, area, keys: [to, null, null, null] });
  let parts = 0;
  const sent = await e.deposit(letter, { tell: (done) => { parts = done; } });
  const back = await e.fetchThread(keys.fetchKey, { base: "/en/" });
  const opened = [];
  for (const one of back.answers) {
    try {
      opened.push(new TextDecoder().decode(
        await s.unsealAnswer(one, { place: keys.place, privateKey: keys.threadKey })));
    } catch { /* filling */ }
  }
  const burnt = await e.burnThread(keys.fetchKey);
  const gone = await e.fetchThread(keys.fetchKey);
  return [sent.outcome, parts, back.letters, opened, burnt.outcome, gone.letters];
}"""


@pytest.mark.browser
def test_from_the_browser_to_the_key_of_the_cell_and_back(
    world: World, cell: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sealed in chromium under the strict policy, kept here, opened by the cell's key alone; no cookie, no storage."""
    monkeypatch.setattr(views, "BUCKET", Bucket())
    mine = receipt.draw()
    made = answer.seal(b"Lu : merci.", place=mine.place, public=hpke.public_key(mine.thread_key))
    world.sql("INSERT INTO tips_answer VALUES (gen_random_uuid(), '2026-11-23', %s, %s)", [mine.place, made])
    text = "Devant la gare, chaque soir : « le grand » 🚉"
    kept: list[bytes] = []
    with (
        chromium() as browser,
        override_settings(**settings_of("recoupe.config.urls_portal", staff=False)),
        serving(world, "portal") as address,
        watched(browser, address, "phone") as watch,
    ):
        watch.page.on("request", lambda request: kept.append(request.post_data_buffer or b""))
        watch.page.goto(address + "/")
        given = [" ".join(mine.words), AREA, hpke.public_key(cell).hex(), text]
        told = watch.page.evaluate(DEPOSITED, given)
        assert watch.complaints() == []
        assert watch.page.context.cookies() == []
        assert watch.page.evaluate("localStorage.length + sessionStorage.length") == 0
    assert told == ["done", 4, 1, ["Lu : merci."], "done", 0]
    sent = [one for one in kept if one]
    assert {len(one) for one in sent} == {exchange.HEAD + 4096}, "a return is as long as a letter"
    assert letter.unseal(sent[0][exchange.HEAD :], cell, 0).decode() == text
    assert not [one for one in sent if text.encode() in one or b"gare" in one]


def test_the_key_that_is_published_last_opens_what_comes_next(world: World, public: Client, cell: bytes) -> None:
    publish(world, "CROSS59")
    assert outcome(send(public, body(public, 1, written(cell, receipt.draw(), "59")))) is exchange.Outcome.DONE
