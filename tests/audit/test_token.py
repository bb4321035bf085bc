"""The notary's key in a PKCS#11 token (R-60), against SoftHSM2: it signs, is followed, and never leaves."""

import os
import shutil
import subprocess
import sys
import time
from argparse import ArgumentTypeError, Namespace
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from runpy import run_path

import pytest

from recoupe.audit import tokens
from recoupe.audit.exporting import Selection, export, written
from recoupe.audit.kept import announced
from recoupe.audit.keys import keep_heir, make_keys, private_of, token_of
from recoupe.audit.notary import Notary
from recoupe.audit.notes import LOG, NOTARY, Key, Signer, read
from recoupe.audit.tokens import PinRefusedError, TokenError, TokenKey
from recoupe.cli import check, rekey
from recoupe.cli.arguments import token_address
from recoupe.cli.cluster import free_port
from recoupe.cli.folder import Addresses, Folder
from recoupe.cli.obstacle import Obstacle
from recoupe.cli.services import services
from recoupe.cli.signing import notary_heir, notary_signer
from recoupe.config import safety, token
from recoupe.config.paths import HEIR, public_key, seed_file
from recoupe.config.token import TokenAddress
from tests.audit import second_verifier
from tests.audit.keeping import Keeping, fill
from tests.audit.test_export import VERIFIER
from tests.audit.test_succession import FIRST, change
from tests.fuzz.stand import installed
from tests.world import World

MODULE = Path("/usr/lib/softhsm/libsofthsm2.so")
PIN = "code-fictif-2026"
WHY = "échéance fictive de la clé du notaire"
pkcs11 = pytest.importorskip("pkcs11", reason="python-pkcs11 is not installed: requirements-token.lock")


@pytest.fixture
def made_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TokenAddress]:
    """A token of this test alone, on this machine's disk, and the file of its code."""
    if not (shutil.which("softhsm2-util") and MODULE.is_file()):
        pytest.skip("softhsm2 is not on this machine (apt install softhsm2)")
    (tmp_path / "tokens").mkdir()
    told = tmp_path / "softhsm2.conf"
    told.write_text(f"directories.tokendir = {tmp_path / 'tokens'}\nobjectstore.backend = file\nlog.level = ERROR\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(told))
    pin = tmp_path / "notary.pin"
    pin.write_text(PIN + "\n")
    pin.chmod(0o600)
    command = ["softhsm2-util", "--init-token", "--free", "--label", "jeton d'essai", "--so-pin", "s" * 8, "--pin", PIN]
    subprocess.run(command, check=True, capture_output=True)
    yield TokenAddress(MODULE, "jeton d'essai", "notaire", pin)
    pkcs11.unload(str(MODULE))


@pytest.fixture
def keeping(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Keeping]:
    made = Keeping(world, tmp_path)
    world.sql("DELETE FROM audit_checkpoint")
    monkeypatch.setattr("recoupe.audit.exporting.notary_folder", lambda: made.notary.state)
    yield made
    made.end()


@pytest.fixture
def house(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    """An installation whose notary signs from a file."""
    folder = installed(world, tmp_path / "data")
    make_keys(folder.path)
    monkeypatch.setenv("DATA", str(folder.path))
    return folder


def _keys(address: TokenAddress) -> list[bytes]:
    """The identifiers of the private keys that the token holds."""
    held = pkcs11.lib(str(address.module)).get_token(token_label=address.token)
    with held.open(user_pin=PIN) as session:
        found = session.get_objects({pkcs11.Attribute.CLASS: pkcs11.ObjectClass.PRIVATE_KEY})
        return sorted(bytes(one[pkcs11.Attribute.ID]) for one in found)


def test_an_address_is_read_as_it_was_written_and_holds_no_code() -> None:
    place = TokenAddress(Path("/usr/lib/m;odule.so"), "jeton d'été", "clé = 1", Path("/srv/a b/code"), bytes(range(16)))
    assert token.read(place.text) == place
    assert token_address(replace(place, key_id=b"").text) == replace(place, key_id=b"")
    good = "pkcs11:token=t;object=k?module-path=/m.so&pin-source=file:/p"
    assert token.read(good) == TokenAddress(Path("/m.so"), "t", "k", Path("/p"))
    for bad in (
        "", "pkcs11:", "ab" * 32, good.replace("pkcs11:", ""), good.replace(":/p", ":p"), good.replace("/m.so", "m.so"),
        good.replace("token=t;", ""), good.replace("pin-source=file:/p", "pin-value=1234"), good + "&pin-value=1234",
        good + "&pin-source=file:/q", good.replace("object=k", "object=k;serial=1"),
        good.replace("object=k", "object=%ff"),
    ):  # fmt: skip
        with pytest.raises(ArgumentTypeError, match="RFC 7512"):
            token_address(bad)
    with pytest.raises(ArgumentTypeError):
        token_address(place.text)


def test_a_key_signs_in_its_token_and_cannot_be_taken_out(made_token: TokenAddress) -> None:
    made = tokens.made(made_token)
    assert tokens.found(made.address) == made
    assert Key(NOTARY, LOG, made.public).checks(made.sign(b"said"), b"said")
    held = pkcs11.lib(str(MODULE)).get_token(token_label=made_token.token)
    with held.open(user_pin=PIN) as session:
        private = session.get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, id=made.address.key_id)
        assert private[pkcs11.Attribute.SENSITIVE] and private[pkcs11.Attribute.NEVER_EXTRACTABLE]
        with pytest.raises(pkcs11.AttributeSensitive):
            private[pkcs11.Attribute.VALUE]
    # A token that signs with another key than the one that is published gives nothing away.
    other = tokens.made(made_token)
    with pytest.raises(TokenError, match="InvalidSignature"):
        TokenKey(made.address, other.public).sign(b"said")
    tokens.destroy(made.address)
    assert _keys(made_token) == [other.address.key_id]
    for gone in (made.address, replace(made_token, token="autre"), replace(made_token, module=Path("/absent.so"))):
        with pytest.raises(TokenError, match="ne répond pas"):
            tokens.found(gone)


def test_both_verifiers_follow_a_key_into_a_token(
    world: World, keeping: Keeping, made_token: TokenAddress, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    held = Signer(NOTARY, LOG, tokens.made(made_token))
    announcement = change(keeping, held)
    assert announcement.keys == (FIRST.key.public, held.key.public)
    fill(world, 5)
    assert keeping.round().signed_by(held.key)
    path = tmp_path / "out.jsonl"
    with world.process("inspection"):
        path.write_text("".join(written(export(Selection()))))
    verifiers: tuple[Callable[[], int], ...] = (run_path(str(VERIFIER))["main"], second_verifier.main)
    for verify in verifiers:
        for key in (FIRST.key, held.key):
            kept = [f"--kept={one.kept}" for one in keeping.witnesses]
            monkeypatch.setattr(sys, "argv", ["verify", str(path), f"--log-key={key.public.hex()}", *kept])
            assert verify() == 0, capsys.readouterr().out


def test_a_token_that_is_away_is_waited_for_and_one_that_refuses_its_code_is_not_asked_again(
    world: World, keeping: Keeping, made_token: TokenAddress, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(world, 3)
    held = tokens.made(made_token)
    notary = Notary(Signer(NOTARY, LOG, held), tmp_path / "notary", every=3600)
    pin = made_token.pin.rename(tmp_path / "elsewhere")
    asked: list[int] = []
    given = notary.stop.wait

    def wait(seconds: float | None = None) -> bool:
        asked.append(1)
        if len(asked) == 4:
            assert notary.shown is None
            pin.rename(made_token.pin)
        if len(asked) > 4 and notary.shown:
            notary.stop.set()
        return given(0)

    monkeypatch.setattr(notary.stop, "wait", wait)
    with keeping.acting():
        assert notary.run() is True
    assert notary.shown and notary.shown.signed_by(notary.signer.key)
    made_token.pin.write_text("un autre code\n")
    with pytest.raises(PinRefusedError, match="PinIncorrect"):
        held.sign(b"said")
    refused, asked = Notary(notary.signer, tmp_path / "notary", every=0), []

    def wait_again(seconds: float | None = None) -> bool:
        asked.append(1)
        if len(asked) == 3:
            made_token.pin.write_text(PIN)
        if len(asked) == 6:
            refused.stop.set()
        return given(0)

    monkeypatch.setattr(refused.stop, "wait", wait_again)
    with keeping.acting():
        assert refused.run() is False
    assert refused.halted and len(asked) == 6, "people must look: the right code alone does not start it again"


@pytest.mark.slow
def test_the_command_takes_the_key_of_a_running_house_into_a_token_and_changes_it_there(
    world: World, house: Folder, made_token: TokenAddress, tmp_path: Path
) -> None:
    fill(world, 3)
    world.declare_made()
    [service] = [one for one in services(house, Addresses("127.0.0.1", *(free_port() for _ in range(3))), {})
                 if one.name == "notary"]  # fmt: skip
    first = public_key("notary")
    assert [one.seen for one in check.notary_key()] == ["dans un fichier de cette machine"]
    with (tmp_path / "log").open("wb") as log:
        notary = subprocess.Popen([*service.command, "--every", "1"], env=dict(service.environment), stderr=log)
    try:
        assert rekey.run(Namespace(motive=WHY, token=made_token)) == 0, (tmp_path / "log").read_text()
        [second] = _keys(made_token)
        assert token_of(seed_file(house.path, "notary")) == replace(made_token, key_id=second)
        [said] = check.notary_key()
        assert (said.well, said.seen) == (
            True, "dans le jeton « jeton d'essai » (libsofthsm2.so), étiquette « notaire »"
        )  # fmt: skip
        assert rekey.run(Namespace(motive=WHY, token=None)) == 0
        [third] = _keys(made_token)
        assert third != second
        last = notary_signer()
        assert [turn.keys[1] for turn in announced(house.path / "journal" / "notary")][1:] == [last.key.public]
        assert last.key.public == public_key("notary") != first
        limit = time.monotonic() + 60
        while not read((house.path / "journal" / "notary" / "signed").read_text()).signed_by(last.key):
            assert time.monotonic() < limit, (tmp_path / "log").read_text()
            time.sleep(0.1)
    finally:
        notary.terminate()
        notary.wait(20)
    # Whoever reads its code may have the token sign.
    facts = safety.Facts("notary", "", house.path, demo=False, tls=False)
    assert made_token.pin in facts.own
    for mode, wrong in ((0o600, False), (0o640, True)):
        made_token.pin.chmod(mode)
        assert ("key-readable" in [row.code for row in safety.MACHINE if row.wrong(facts)]) is wrong
    # Nothing that stands in the house's folder signs: no file has 32 bytes of a seed for it.
    assert seed_file(house.path, "notary").read_text().startswith("pkcs11:")
    assert not seed_file(house.path, HEIR).exists()
    assert PIN not in "".join(path.read_text() for path in house.credentials.iterdir())
    # The journal is another's when the file of the public half says so, or the token is gone.
    (house.path / "journal" / "notary.pub").write_text(first.hex())
    assert [(one.well, "AUTRE" in one.seen) for one in check.notary_key()] == [(False, True)]
    made_token.pin.unlink()
    shutil.rmtree(tmp_path / "tokens")
    assert [(one.well, "ne répond pas" in one.seen) for one in check.notary_key()] == [(False, True)]


def test_a_change_that_was_prepared_elsewhere_is_ended_first(
    world: World, house: Folder, made_token: TokenAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rekey, "PATIENCE_S", 0.0)
    with pytest.raises(Obstacle, match="n'a pas annoncé"):
        rekey.run(Namespace(motive=WHY, token=None))
    with pytest.raises(Obstacle, match="sans --token"):
        rekey.run(Namespace(motive=WHY, token=made_token))
    assert _keys(made_token) == []
    keep_heir(house.path, tokens.made(made_token))
    heir = notary_heir()
    assert heir and heir.private == private_of(seed_file(house.path, HEIR))
    assert seed_file(house.path, HEIR).stat().st_mode & 0o777 == 0o600
    with pytest.raises(Obstacle, match="n'a pas annoncé"):
        rekey.run(Namespace(motive=WHY, token=made_token))
    # A token that is away is no heir: the notary signs on with the key of before.
    os.environ.pop("SOFTHSM2_CONF")
    pkcs11.unload(str(MODULE))
    assert notary_heir() is None
