"""The vectors that both twins are held to, and the twin in chromium, by either path of the key exchange."""

import base64
import secrets
from collections.abc import Iterator
from typing import Any

import pytest

from recoupe.sealing import answer, hpke, letter, receipt, work
from recoupe.sealing.sizes import wire_size
from tests.browser import Watched, chromium, watched
from tests.sealing.test_hpke import VECTORS
from tests.web.style.server import served

PATHS = ("javascript", "webcrypto")
# What the page runs: the module as it is served, on what it is given; bytes travel in hexadecimal.
TWIN = """async ([what, ...given]) => {
  const s = await import("/static/sealing/sealing.mjs");
  const list = (await (await fetch("/static/sealing/words.txt")).text()).trim().split("\\n");
  const bytes = (hex) => new Uint8Array((hex.match(/../g) || []).map((two) => parseInt(two, 16)));
  const hex = (array) => Array.from(array, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const refused = (promise) => promise.then(() => "opened", (refusal) => refusal.code || String(refusal));
  const does = {
    receipt: async (words) => {
      const seed = await s.readReceipt(words, list);
      const keys = await s.keysOf(seed);
      return { seed: hex(seed), words: await s.wordsOf(seed, list), fetch_key: hex(keys.fetchKey),
        place: hex(keys.place), thread_key: hex(keys.threadKey), answer_key: hex(keys.answerKey) };
    },
    misread: (words) => refused(s.readReceipt(words, list)),
    drawn: async () => (await s.wordsOf(s.drawReceipt(), list)).join(" "),
    decap: async (kem, key, enc) => {
      const suite = await s.suite(kem);
      const recipientKey = await suite.kem.importKey("raw", bytes(key), false);
      return hex(new Uint8Array(await suite.kem.decap({ recipientKey, enc: bytes(enc) })));
    },
    unseal: async (kem, whole, key, slot) => hex(await s.unsealLetter(bytes(whole), bytes(key), slot, kem)),
    missed: (kem, whole, key, slot) => refused(s.unsealLetter(bytes(whole), bytes(key), slot, kem)),
    seal: async (kem, content, place, area, keys) => hex(await s.sealLetter(bytes(content),
      { place: bytes(place), area, keys: keys.map((key) => key && bytes(key)), kem })),
    unsealAnswer: async (kem, whole, place, key) =>
      hex(await s.unsealAnswer(bytes(whole), { place: bytes(place), privateKey: bytes(key), kem })),
    sealAnswer: async (kem, content, place, key) =>
      hex(await s.sealAnswer(bytes(content), { place: bytes(place), key: bytes(key), kem })),
    pair: async (kem) => {
      const made = await s.newKeys(kem);
      return [hex(made.privateKey), hex(made.publicKey)];
    },
    work: async (puzzle) => hex(await s.solveWork(bytes(puzzle))),
    sizes: async (lengths) => lengths.map((length) => s.wireSize(length)),
  };
  return does[what](...given);
}"""


@pytest.fixture(scope="module")
def page() -> Iterator[Watched]:
    """A page of the public site, under its own policy."""
    with (
        chromium() as browser,
        served("recoupe.config.urls_portal", staff=False) as address,
        watched(browser, address, "phone") as watch,
    ):
        watch.page.goto(address + "/quitter")  # a page that asks the database for nothing
        yield watch


def ask(page: Watched, *given: object) -> Any:
    """One question to the twin; nothing that it did may have met the content policy."""
    found = page.page.evaluate(TWIN, list(given))
    assert page.complaints() == []
    return found


@pytest.mark.parametrize("kept", VECTORS["letters"], ids=lambda kept: str(kept["area"]))
def test_a_letter_of_the_vectors_opens_for_ever(kept: dict[str, Any]) -> None:
    whole = base64.b64decode(kept["letter"])
    assert letter.unseal(whole, bytes.fromhex(kept["key"]), kept["slot"]) == bytes.fromhex(kept["content"])
    parts = letter.parse(whole)
    assert (parts.area, parts.place.hex()) == (kept["area"], kept["place"])


@pytest.mark.parametrize("kept", VECTORS["answers"], ids=["short", "empty"])
def test_an_answer_of_the_vectors_opens_for_ever(kept: dict[str, Any]) -> None:
    whole = base64.b64decode(kept["answer"])
    opened = answer.unseal(whole, place=bytes.fromhex(kept["place"]), private=bytes.fromhex(kept["key"]))
    assert opened == bytes.fromhex(kept["content"])


@pytest.mark.browser
@pytest.mark.parametrize("kem", PATHS)
def test_the_twin_opens_the_vectors(page: Watched, kem: str) -> None:
    rfc = VECTORS["rfc9180"]["A.1.1"]
    assert ask(page, "decap", kem, rfc["skRm"], rfc["enc"]) == rfc["shared_secret"]
    for kept in VECTORS["letters"]:
        whole = base64.b64decode(kept["letter"]).hex()
        assert ask(page, "unseal", kem, whole, kept["key"], kept["slot"]) == kept["content"]
        assert ask(page, "missed", kem, whole, kept["key"], (kept["slot"] + 1) % 4) == "unopened"
        assert ask(page, "missed", kem, whole[:-2], kept["key"], kept["slot"]) == "size"
        assert ask(page, "missed", kem, "02" + whole[2:], kept["key"], kept["slot"]) == "version"
        assert ask(page, "missed", kem, whole[:-2] + f"{int(whole[-2:], 16) ^ 1:02x}", kept["key"], kept["slot"]) == (
            "unopened"
        )
    for kept in VECTORS["answers"]:
        whole = base64.b64decode(kept["answer"]).hex()
        assert ask(page, "unsealAnswer", kem, whole, kept["place"], kept["key"]) == kept["content"]


@pytest.mark.browser
@pytest.mark.parametrize("kem", PATHS)
def test_what_the_twin_seals_is_opened_here(page: Watched, kem: str) -> None:
    mine = receipt.draw()
    private, public = (bytes.fromhex(half) for half in ask(page, "pair", kem))
    assert hpke.public_key(private) == public
    content = "Au pied de la tour, chaque soir : deux guetteurs… 🚗".encode()
    keys = [None, public.hex(), None, None]
    whole = bytes.fromhex(ask(page, "seal", kem, content.hex(), mine.place.hex(), "2A", keys))
    assert letter.unseal(whole, private, 1) == content
    parts = letter.parse(whole)
    assert (parts.area, parts.place, len(whole)) == ("2A", mine.place, 4096)
    thread = hpke.public_key(mine.thread_key).hex()
    made = bytes.fromhex(ask(page, "sealAnswer", kem, b"lu".hex(), mine.place.hex(), thread))
    assert answer.unseal(made, place=mine.place, private=mine.thread_key) == b"lu"


@pytest.mark.browser
def test_the_twin_reads_and_draws_the_same_receipts(page: Watched) -> None:
    for kept in VECTORS["receipts"]:
        assert ask(page, "receipt", " ".join(kept["words"])) == kept
        assert ask(page, "receipt", "\n".join(receipt.bare(word)[:4].upper() for word in kept["words"])) == kept
    for _ in range(20):
        receipt.read(ask(page, "drawn"))
    wrong = VECTORS["receipts"][1]["words"]
    assert ask(page, "misread", "un deux") == "receipt-count"
    assert ask(page, "misread", " ".join(["zzzz", *wrong[1:]])) == "receipt-word"
    assert ask(page, "misread", " ".join([wrong[1], wrong[0], *wrong[2:]])) == "receipt-check"


@pytest.mark.browser
def test_the_twin_pads_to_the_same_sizes(page: Watched) -> None:
    from_here = [1, 4096, 4097, 16_384, 16_385, 65_537, 262_145, 1_048_577, 4_194_305, 10_485_760]
    assert ask(page, "sizes", from_here) == [wire_size(length) for length in from_here]


@pytest.mark.browser
def test_the_twin_finds_the_first_solution_of_a_puzzle(page: Watched) -> None:
    key = secrets.token_bytes(32)
    for bits in (1, 4, work.LEAST):
        puzzle = work.issue(key, minute=1, bits=bits)
        solution = bytes.fromhex(ask(page, "work", puzzle.hex()))
        assert solution == work.solve(puzzle)
        assert work.check(key, puzzle, solution, minute=1)
