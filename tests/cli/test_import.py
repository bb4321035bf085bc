"""`recoupe import` says in one sentence what it lacks, before it reads the file's rows or writes anything."""

from datetime import date
from pathlib import Path

import pytest

from recoupe.access.authenticator import FILE, SoftwareKey, write_keys
from recoupe.access.enums import Role
from recoupe.cases import actions as cases
from recoupe.cases.actions import CaseEntry
from recoupe.config.processes import PROCESSES
from tests.cli.test_main import recoupe
from tests.faults.desk import KEYS, give_keys
from tests.world import World

HERE = "import", "fiches.csv", "--mapping", "fiches.toml"
SIGNED = (*HERE, "--key", str(KEYS))
MAPPING = '[columns]\n"Fait" = "fact_text"\n"Date" = "event_from"\n"Commune" = "commune"\n[constants]\n'
MAPPING += 'source_kind = "officer_observation"\nhandling = "H0"\n'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder whose database is away, with a file and its mapping in it; the command runs there."""
    credentials = tmp_path / "data" / "credentials"
    credentials.mkdir(parents=True)
    for name in ("signin", "web", "matcher"):
        role = PROCESSES[name].role
        (credentials / role).write_text(f"postgresql://{role}@127.0.0.1:1/recoupe\n")
    (tmp_path / "fiches.csv").write_text("Fait;Date;Commune\nVente vue dans un hall;03/11/2026;Marseille (13)\n")
    (tmp_path / "fiches.toml").write_text(MAPPING)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def house(world: World, folder: Path) -> World:
    """The same folder with a database that answers."""
    for name in ("signin", "web"):
        role = PROCESSES[name].role
        (folder / "data" / "credentials" / role).write_text(world.url(role) + "\n")
    return world


def _login(world: World, role: Role) -> str:
    who = world.agent(role, purpose=False)
    give_keys(world, who)
    return who.login


def _sentence(folder: Path, *arguments: str, **variables: str) -> str:
    done = recoupe(*arguments, **variables, DATA=str(folder / "data"))
    assert done.returncode == 1
    assert done.stderr.startswith("recoupe : ")
    assert len(done.stderr.strip().splitlines()) == 1
    return done.stderr


def test_without_a_key_it_says_where_they_are(folder: Path) -> None:
    said = _sentence(folder, *HERE, "--as", "pj13.chef")
    assert "clé de pj13.chef" in said
    assert str(folder / "data") in said


@pytest.mark.parametrize("arguments", [(*HERE, "--as", "pj13.chef"), ("matcher", "--retry-parked")])
def test_a_database_that_is_away_is_one_sentence(folder: Path, arguments: tuple[str, ...]) -> None:
    write_keys(folder / "data" / FILE, {"pj13.chef": SoftwareKey.new(b"x" * 16)})
    assert "ne répond pas" in _sentence(folder, *arguments)


@pytest.mark.parametrize(("missing", "reason"), [("fiches.csv", "il n'existe pas"), ("fiches.toml", "il n'existe pas")])
def test_a_missing_file_is_named(folder: Path, missing: str, reason: str) -> None:
    (folder / missing).unlink()
    assert f"{missing} ne se lit pas : {reason}" in _sentence(folder, *HERE, "--as", "pj13.chef")


@pytest.mark.parametrize("role", [Role.DPO, Role.DUTY_OFFICER, Role.SYSADMIN])
def test_who_may_not_hand_in_a_file_is_told_so_and_his_session_ends(house: World, folder: Path, role: Role) -> None:
    login = _login(house, role)
    said = _sentence(folder, *SIGNED, "--as", login)
    assert "ne permet pas de remettre un fichier" in said
    open_ones = house.sql(
        "SELECT count(*) FROM access_session s JOIN access_agent a ON a.id = s.agent_id "
        "WHERE a.login = %s AND s.revoked_at IS NULL AND s.purpose <> ''",
        (login,),
    )
    assert open_ones == [(0,)]
    # What the page keeps of a refused attempt, the command keeps too.
    refused = [(actor, details) for _, actor, _, details in house.journal("refused")]
    assert refused[-1][1] == {"view": "import-new", "method": "POST"}
    assert house.sql("SELECT login FROM access_agent WHERE id = %s", (refused[-1][0],)) == [(login,)]


def test_the_head_of_the_unit_writes_it(house: World, folder: Path) -> None:
    login = _login(house, Role.UNIT_HEAD)
    done = recoupe(*SIGNED, "--as", login, DATA=str(folder / "data"))
    assert done.stdout.strip().endswith("1 lignes : 0 refusées, 1 écrites, 0 déjà connues."), done.stderr
    # No matcher runs here.
    assert "Recoupement en cours" in done.stderr
    assert done.returncode == 0


def test_a_judicial_file_names_its_procedure_and_no_other(house: World, folder: Path) -> None:
    head, magistrate = house.agent(Role.UNIT_HEAD), house.agent(Role.PROSECUTOR, "TJ13")
    give_keys(house, head)
    with house.acting(head) as by:
        entry = CaseEntry("2026/4242", magistrate.unit_id, magistrate.id, "preliminary", date(2026, 3, 1))
        case = cases.open_case(by=by, entry=entry)
    (folder / "fiches.csv").write_text("Fait;Date;Commune\nRésine saisie au port;03/11/2026;Marseille (13)\n")
    asked = (*SIGNED, "--as", head.login)
    for number, answer in (("2026/4243", 1), ("2026/4242", 0)):
        (folder / "fiches.toml").write_text(f'{MAPPING}frame = "judicial"\ncase_number = "{number}"\n')
        done = recoupe(*asked, DATA=str(folder / "data"))
        assert done.returncode == answer, done.stdout + done.stderr
        assert ("aucune procédure ouverte de ce numéro" in done.stdout) == bool(answer)
    assert house.sql("SELECT count(*) FROM intelligence_report WHERE case_id = %s", (case.id,)) == [(1,)]
