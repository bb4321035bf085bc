"""The notary's key changes: announced by the old one, followed by witnesses, commands and both verifiers (R-60)."""

import json
import sys
from argparse import Namespace
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from runpy import run_path
from typing import Any

import pytest

from recoupe.audit.exporting import Selection, export, written
from recoupe.audit.kept import ANNOUNCED, announced, kept_in
from recoupe.audit.keys import heir_of, make_keys
from recoupe.audit.notary import DivergedError, Notary
from recoupe.audit.notes import LOG, NOTARY, Checkpoint, Signer, read
from recoupe.audit.succession import Succession, SuccessionError
from recoupe.audit.witness import DisagreesError
from recoupe.cli import journal, rekey
from recoupe.cli.obstacle import Obstacle
from recoupe.cli.signing import notary_heir, notary_signer
from recoupe.config.paths import public_key, seed_file
from tests.audit import second_verifier
from tests.audit.keeping import Keeping, fill, signer
from tests.audit.test_export import VERIFIER
from tests.fuzz.stand import installed
from tests.world import World

FIRST = signer(NOTARY, LOG)
NEXT, THIRD, STRANGER = (Signer(NOTARY, LOG, signer(name, LOG).private) for name in ("suivante", "tierce", "autre"))


@pytest.fixture
def keeping(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Keeping]:
    made = Keeping(world, tmp_path)
    # Those of another test's notary, whose keys are not announced in this folder.
    world.sql("DELETE FROM audit_checkpoint")
    monkeypatch.setattr("recoupe.audit.exporting.notary_folder", lambda: made.notary.state)
    monkeypatch.setattr("recoupe.cli.journal.notary_folder", lambda: made.notary.state)
    yield made
    made.end()


def change(keeping: Keeping, heir: Signer) -> Checkpoint:
    """Ten entries under the key of before, the change a minute later, ten entries after it."""
    fill(keeping.world, 10)
    keeping.round()
    keeping.clock.now += 60
    keeping.notary.heir = lambda: heir
    with keeping.acting():
        assert keeping.notary.succeed()
        assert not keeping.notary.succeed(), "once"
    fill(keeping.world, 10)
    keeping.sequence()
    return announced(keeping.notary.state)[-1]


def test_witnesses_follow_what_is_announced_and_restarts_too(world: World, keeping: Keeping) -> None:
    away = keeping.witnesses.pop()
    announcement = change(keeping, NEXT)
    assert announcement.keys == (FIRST.key.public, NEXT.key.public)
    signed = keeping.round()
    assert signed.signed_by(NEXT.key)
    assert not signed.signed_by(FIRST.key)
    # One that was away for two changes takes both; a key that was used once is not used again.
    second = change(keeping, THIRD)
    keeping.notary.heir = lambda: FIRST
    with keeping.acting():
        assert not keeping.notary.succeed()
    keeping.witnesses.append(away)
    last = keeping.round()
    for one in keeping.witnesses:
        turns = [point.body for point in kept_in(one.kept) if point.keys]
        assert turns == [announcement.body, second.body]
        assert kept_in(one.newest)[-1].body == last.body
    # Its keeper gives one the newest key; the notary comes back with either seed, and with another one not at all.
    again = keeping.witness("temoin-a")
    again.log_key = THIRD.key
    keeping.witnesses = [again]
    assert keeping.round().signed_by(THIRD.key)
    for old, heir in ((NEXT, THIRD), (THIRD, None)):
        back = Notary(old, keeping.notary.state, heir=partial(_given, heir))
        back.take_office()
        remembered, shown = back.remembered(), keeping.notary.shown
        assert back.signer == THIRD
        assert remembered and shown and remembered.body == shown.body
    for other in (None, STRANGER):
        with pytest.raises(DivergedError, match="another key was announced"):
            Notary(NEXT, keeping.notary.state, heir=partial(_given, other)).take_office()


def _given(heir: Signer | None) -> Signer | None:
    return heir


def _by(point: Checkpoint, *signers: Signer) -> Checkpoint:
    for one in signers:
        point = point.by_log(one)
    return point


def test_a_witness_refuses_what_nobody_announced(world: World, keeping: Keeping) -> None:
    fill(world, 10)
    signed = keeping.round()
    witness, bare = keeping.witnesses[0], replace(signed, signatures=(), at=signed.at + 60)
    before = witness.kept.read_text()
    to_next, to_third = ((FIRST.key.public, one.key.public) for one in (NEXT, THIRD))
    keeping.clock.now += 60

    def announce(*turns: Checkpoint) -> None:
        text = "".join(json.dumps({"note": turn.note}) + "\n" for turn in turns)
        (keeping.notary.state / ANNOUNCED).write_text(text)

    one_hand = [_by(replace(bare, keys=to_next), hand) for hand in (FIRST, NEXT)]
    fork = [_by(replace(bare, keys=keys), FIRST, heir) for keys, heir in ((to_next, NEXT), (to_third, THIRD))]
    others = _by(replace(bare, keys=(STRANGER.key.public, NEXT.key.public)), STRANGER, NEXT)
    forged = _by(replace(bare, keys=to_next, root=b"f" * 32), FIRST, NEXT)
    for turns in ([], [one_hand[0]], [one_hand[1]], fork, [others], [forged], [fork[1]]):
        announce(*turns)
        keeping.notary.shown = _by(bare, NEXT)
        with pytest.raises(DisagreesError):
            witness.look()
        # Another look starts from its file: what was refused is not there.
        witness.turns = None
        assert witness.kept.read_text() == before or turns == [fork[1]]
    assert [point.keys for point in kept_in(witness.kept) if point.keys] == [to_third]
    # Once the change is known, the old key signs nothing later or larger.
    keeping.notary.shown = _by(replace(bare, at=bare.at + 60), FIRST)
    keeping.clock.now += 60
    with pytest.raises(DisagreesError):
        witness.look()


def test_each_key_has_its_own_time_and_size() -> None:
    turn = _by(Checkpoint(50, b"r" * 32, 1_000, keys=(FIRST.key.public, NEXT.key.public)), FIRST, NEXT)
    assert read(turn.note) == turn
    for trusted in (FIRST, NEXT):
        followed = Succession(trusted.key, [turn, turn])
        assert followed.last == NEXT.key.public
        assert followed.signed(turn)
        for size, at, by, holds in [
            (50, 1_000, FIRST, True), (50, 1_000, NEXT, True), (40, 900, FIRST, True), (60, 1_100, NEXT, True),
            (51, 900, FIRST, False), (50, 1_001, FIRST, False), (49, 1_100, NEXT, False), (60, 999, NEXT, False),
            (60, 1_100, FIRST, False), (60, 1_100, STRANGER, False),
        ]:  # fmt: skip
            assert followed.signed(_by(Checkpoint(size, b"r" * 32, at), by)) is holds, (size, at)
        assert not followed.signed(_by(replace(turn, at=1_001, signatures=()), FIRST, NEXT))
    with pytest.raises(SuccessionError):
        Succession(STRANGER.key, [turn])


Lines = list[dict[str, Any]]


def _turn(lines: Lines) -> dict[str, Any]:
    return next(line for line in lines if "\nkey " in line.get("earlier", ""))


def _signed_again(line: dict[str, Any], *signers: Signer, **changed: Any) -> None:
    place = "earlier" if "earlier" in line else "checkpoint"
    line[place] = _by(replace(read(line[place]), signatures=(), **changed), *signers).note


def _unannounced(lines: Lines) -> None:
    lines.remove(_turn(lines))


def _one_hand(lines: Lines) -> None:
    _signed_again(_turn(lines), NEXT)


def _another_hand(lines: Lines) -> None:
    _signed_again(_turn(lines), STRANGER, NEXT, keys=(STRANGER.key.public, NEXT.key.public))


def _two_heirs(lines: Lines) -> None:
    twin = dict(_turn(lines))
    _signed_again(twin, FIRST, THIRD, keys=(FIRST.key.public, THIRD.key.public))
    lines.insert(lines.index(_turn(lines)), twin)


def _old_head(lines: Lines) -> None:
    _signed_again(lines[0], FIRST)


def _old_hand_on_the_past(lines: Lines) -> None:
    """Who holds the old key dates a tree of after the change before it."""
    last = [line for line in lines if "earlier" in line][-1]
    _signed_again(last, FIRST, at=read(_turn(lines)["earlier"]).at - 1)


def _head_before_the_change(lines: Lines) -> None:
    _signed_again(lines[0], FIRST, at=read(_turn(lines)["earlier"]).at - 1)


def _announcement_as_head(lines: Lines) -> None:
    lines[0]["checkpoint"] = _turn(lines)["earlier"]
    lines[1:] = [line for line in lines if "end" in line or "\nkey " in line.get("earlier", "")]
    lines[1]["path"], lines[-1]["end"] = [], 0


FORGERIES: tuple[Callable[[Lines], None], ...] = (
    _unannounced, _one_hand, _another_hand, _two_heirs, _old_head, _old_hand_on_the_past, _head_before_the_change,
    _announcement_as_head,
)  # fmt: skip


def test_both_verifiers_follow_the_keys_and_refuse_another(
    world: World,
    keeping: Keeping,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    change(keeping, NEXT)
    keeping.round()
    fill(world, 5)
    head = keeping.round()
    kept = [one.kept for one in keeping.witnesses]
    with world.process("inspection"):
        lines = list(export(Selection()))

    def verified(verify: Callable[[], int], told: Lines, key: Signer, *more: str) -> tuple[int, str]:
        path = tmp_path / "out.jsonl"
        path.write_text("".join(written(iter(told))))
        monkeypatch.setattr(sys, "argv", ["verify", str(path), f"--log-key={key.key.public.hex()}", *more])
        return verify(), capsys.readouterr().out

    for verify in (run_path(str(VERIFIER))["main"], second_verifier.main):
        for key in (FIRST, NEXT):
            code, said = verified(verify, lines, key, *(f"--kept={path}" for path in kept))
            assert code == 0, said
        assert verified(verify, lines, STRANGER)[0] == 1
        for forge in FORGERIES:
            forged: Lines = json.loads(json.dumps(lines))
            forge(forged)
            assert forged != lines
            code, said = verified(verify, forged, FIRST)
            assert (code, said[:15]) == (1, "DOES NOT HOLD: "), (verify.__module__, forge.__name__, said)
    asked = Namespace(kept=kept, json=True, as_of=datetime.fromtimestamp(head.at, UTC))
    with world.process("inspection"):
        for key in (FIRST, NEXT):
            asked.log_key = key.key.public
            assert journal.verify(asked) == 0, capsys.readouterr().out
        asked.log_key = STRANGER.key.public
        with pytest.raises(Obstacle, match="suite d'annonces"):
            journal.verify(asked)


def test_the_command_journals_waits_and_is_taken_up_again(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = installed(world, tmp_path / "data").path
    make_keys(folder)
    monkeypatch.setenv("DATA", str(folder))
    monkeypatch.setattr(rekey, "PATIENCE_S", 0.0)
    why = Namespace(motive="échéance fictive de la clé du notaire", token=None)
    with pytest.raises(Obstacle, match="--motive"):
        rekey.run(Namespace(motive="court", token=None))
    assert notary_heir() is None
    old = notary_signer()
    with pytest.raises(Obstacle, match="n'a pas annoncé"):
        rekey.run(why)
    heir = heir_of(folder)
    assert seed_file(folder, "notary.next").stat().st_mode & 0o777 == 0o600
    assert public_key("notary") == old.key.public
    state = folder / "journal" / "notary"
    state.mkdir()
    fill(world, 3)
    with world.process("notary"):
        notary = Notary(notary_signer(), state, heir=notary_heir)
        while notary.sequence():
            pass
        assert notary.succeed()
        notary.sign()
    assert (state / ANNOUNCED).stat().st_mode & 0o777 == 0o644
    assert rekey.run(why) == 0
    assert notary_signer().key.public == public_key("notary") == bytes.fromhex(heir) != old.key.public
    assert not seed_file(folder, "notary.next").exists()
    query = "SELECT details, motive FROM audit_entry WHERE details ->> 'what' = 'notary_key'"
    assert world.sql(query) == [({"what": "notary_key", "name": heir}, why.motive)]
