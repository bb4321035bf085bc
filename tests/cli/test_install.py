"""A real house from nothing: install, two authorities at once, a key, a sign-in; then the sealed recovery."""

from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.test import Client, override_settings
from psycopg import sql
from webauthn.helpers import base64url_to_bytes

from recoupe.access.authenticator import SoftwareKey
from recoupe.cli import authority, install
from recoupe.cli.arguments import named_person
from recoupe.cli.main import main
from recoupe.cli.obstacle import Obstacle
from recoupe.config.credentials import whole
from recoupe.config.files import write_durably
from recoupe.config.processes import LOGIN_ROLES
from tests.conftest import TEMPLATE
from tests.web.test_signin import enter
from tests.world import World

PEOPLE = [named_person("a.martin=Anne Martin@OFAST"), named_person("b.durand=Bruno Durand@TJ13")]
WHY = "décision fictive du 3 janvier 2026"


@pytest.fixture
def house(admin_url: str, cluster_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """An empty folder, and a server on which a base of our schema stands: the set-up passes over it again."""
    (tmp_path / "credentials").mkdir()
    for role in LOGIN_ROLES:  # roles are the server's: whoever installs a second house there keeps their passwords
        kept = whole(cluster_folder / "credentials" / role)
        write_durably(tmp_path / "credentials" / role, kept.rpartition("/")[0] + "/recoupe\n")
    with psycopg.connect(admin_url, autocommit=True) as direct:
        direct.execute(sql.SQL("CREATE DATABASE recoupe TEMPLATE {}").format(sql.Identifier(TEMPLATE)))
    monkeypatch.setenv("DATA", str(tmp_path))
    monkeypatch.setenv("RECOUPE_ADMIN_URL", admin_url)
    yield World(admin_url, "recoupe")
    with psycopg.connect(admin_url, autocommit=True) as direct:
        direct.execute("DROP DATABASE recoupe WITH (FORCE)")


def named(folder: Path, *, recover: bool = False) -> dict[str, str]:
    """What the files say: the code of each login."""
    asked = Namespace(people=PEOPLE, motive=WHY, codes=folder, recover=recover)
    assert authority.run(asked) == 0
    files = sorted(folder.glob("*"))
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    return dict(path.read_text().split() for path in files)


def entered(world: World, code: str) -> SoftwareKey:
    """Enrol a software key by this code, then sign in with it."""
    kept = [m for m in settings.MIDDLEWARE if "ActingContext" not in m]
    with override_settings(ROOT_URLCONF="recoupe.config.urls_signin", MIDDLEWARE=kept), world.process("signin"):
        client = Client()
        options = client.post("/enrolement/defi", {"code": code}).json()
        key = SoftwareKey.new(base64url_to_bytes(options["user"]["id"]))
        said = {"code": code, "name": "Clé", "answer": key.register(options, settings.SIGNIN_ORIGIN)}
        assert client.post("/enrolement/", said).status_code == 200
        assert enter(Client(), key).cookies[settings.SESSION_COOKIE].value
    return key


def test_a_house_from_nothing_to_a_sign_in_and_back_from_its_last_key(
    house: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert install.run(Namespace()) == 0
    assert {path.name for path in (tmp_path / "credentials").glob("*.seed")} == {
        "notary.seed", "temoin-a.seed", "temoin-b.seed",
    }  # fmt: skip
    assert house.sql("SELECT count(*) FROM audit_witness WHERE retired_at IS NULL") == [(2,)]
    with pytest.raises(Obstacle, match="deux personnes"):
        authority.run(Namespace(people=PEOPLE[:1], motive=WHY, codes=tmp_path / "un", recover=False))
    codes = named(tmp_path / "codes")
    assert set(codes) == {"a.martin", "b.durand"}
    for code in codes.values():
        entered(house, code)
    for recover, why in ((False, "désigne les autres"), (True, "entrent encore")):
        with pytest.raises(Obstacle, match=why):
            named(tmp_path / "encore", recover=recover)
    assert list((tmp_path / "encore").glob("*")) == []
    query = "SELECT desk.apart(a.id, b.id) FROM access_agent a, access_agent b WHERE a.login < b.login"
    assert house.sql(query) == [(True,)]
    with psycopg.connect(house.admin_url) as direct:
        direct.execute("SET session_replication_role = replica")
        direct.execute("UPDATE access_passkey SET revoked_at = now()")
    owner = "SELECT access.open_service('set-up', 'essai'), desk.found(%s, true)"
    told = '[{"login": "a.martin"}, {"login": "b.durand"}]'
    assert house.sql(owner, [told], role="recoupe_owner")[0][1] == "no_administrator"
    entered(house, named(tmp_path / "rendus", recover=True)["b.durand"])
    lines = [d["what"] for _, actor, _, d in house.journal("configure") if actor is None and "name" in d]
    assert lines == ["witness"] * 2 + ["authority_founded"] * 2 + ["authority_recovered"] * 2
    assert house.sql("SELECT count(*) FROM access_agent") == [(2,)]
    assert "inventé" in str(install.MADE)


def test_a_witness_elsewhere_makes_its_own_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATA", str(tmp_path))
    assert main(["witness", "cour-appel", "--make-key"]) == 0
    public = capsys.readouterr().out.strip()
    assert (tmp_path / "journal" / "cour-appel.pub").read_text().strip() == public
    assert len(bytes.fromhex(public)) == 32


@pytest.mark.parametrize("text", ["", "a=b", "=Anne@OFAST", "a b=Anne@OFAST", "a=@OFAST", "a=Anne\x1b[2J@OFAST"])
def test_who_is_badly_named_is_nobody(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["authority", text, "--motive", WHY])
    assert "identifiant=Nom complet@SERVICE" in capsys.readouterr().err
