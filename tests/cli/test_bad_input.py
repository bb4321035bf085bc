"""Whatever is typed behind a verb, the answer is a French sentence and a code: never a traceback."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from recoupe.audit.keys import make_keys
from recoupe.cli import main as program
from recoupe.config.paths import LONGEST_SOCKET
from recoupe.config.processes import PROCESSES
from recoupe.kernel.refusal import Conflict
from tests.cli.test_main import recoupe
from tests.folders import quiet_port
from tests.world import World

LONG = "/run/" + "x" * LONGEST_SOCKET


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("journal enrol ../x", "donnez un nom de 64 caractères au plus"),
        ("journal enrol temoin-a --key zz", "--key : une clé publique a 32 octets"),
        ("journal verify --as-of hier", "--as-of : donnez un moment comme 2026-11-22T14:30"),
        ("journal verify --log-key abcd", "--log-key : une clé publique a 32 octets"),
        ("journal export --since hier", "--since : donnez un jour comme 2026-11-22, pas « hier »"),
        ("journal export --until 2026-02-30", "--until : donnez un jour comme"),
        ("journal export --since 0001-01-01", "--since : donnez un jour comme"),
        ("journal export --actor moi", "--actor : donnez un identifiant"),
        ("journal export --ref report", "--ref : donnez un objet comme report:"),
        ("journal export --ref report:12", "--ref : donnez un objet comme report:"),
        ("journal burn", "« burn » n'est pas un choix possible"),
        ("notary --listen ici", "--listen : donnez unix:/chemin ou hôte:port"),
        ("notary --listen 127.0.0.1:99999", "--listen : donnez un nombre de 1 à 65535"),
        ("notary --listen unix:notary.sock", "--listen : donnez un chemin qui commence par /"),
        (f"notary --listen unix:{LONG}", "--listen : le chemin d'une prise a 107 octets au plus"),
        ("notary --every 0", "--every : donnez un nombre de secondes"),
        ("notary --every nan", "--every : donnez un nombre de secondes"),
        ("witness a/b", "donnez un nom de 64 caractères au plus"),
        ("witness a --log-key 12", "--log-key : une clé publique a 32 octets"),
        ("witness a --notary nulle-part", "--notary : donnez unix:/chemin ou http://hôte:port"),
        ("witness a --notary http://[", "--notary : donnez unix:/chemin ou http://hôte:port"),
        ("witness a --notary http://h:99999", "--notary : donnez unix:/chemin ou http://hôte:port"),
        (f"witness a --notary unix:{LONG}", "--notary : le chemin d'une prise"),
        ("web --port 1٣", "donnez un nombre de 1 à 65535"),
    ],
)
def test_what_is_no_value_is_said_before_anything_starts(
    line: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        program.main(line.split())
    assert ended.value.code == 2
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("journal enrol", "Il manque le nom du témoin"),
        (f"journal enrol temoin-a temoin-b --key {'00' * 32}", "--key est la clé d'un seul témoin"),
        ("journal export sortie.jsonl", "« sortie.jsonl » est de trop"),
        ("journal verify", "make demo"),
        ("journal enrol temoin-a", "make demo"),
        ("notary", "make demo"),
        ("witness temoin-a", "La clé secrète de temoin-a manque"),
    ],
)
def test_without_an_installation_the_journals_verbs_say_what_to_do(
    line: str, sentence: str, tmp_path: Path, said: Callable[..., str]
) -> None:
    assert sentence in said(tmp_path, *line.split())


def _sentence(folder: Path, *arguments: str) -> str:
    done = recoupe(*arguments, DATA=str(folder), RECOUPE_DEMO="1")
    assert done.returncode == 1, done.stderr
    assert done.stderr.startswith("recoupe : ")
    assert len(done.stderr.strip().splitlines()) == 1
    return done.stderr


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """The one sentence with which a verb ends in this very process, before it reaches a database."""

    def run(folder: Path, *arguments: str) -> str:
        with monkeypatch.context() as patched:
            for name, value in (("DATA", str(folder)), ("RECOUPE_DEMO", "1"), ("RECOUPE_PROCESS", "")):
                patched.setenv(name, value)
            assert program.main(arguments) == 1
        told = capsys.readouterr().err
        assert told.startswith("recoupe : ")
        assert len(told.strip().splitlines()) == 1
        return told

    return run


def _secret(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o600)


@pytest.fixture
def house(world: World, tmp_path: Path) -> Path:
    """A folder whose database answers an inspection and the set-up, not the notary; no key was made."""
    for name in ("inspection", "migrate"):
        role = PROCESSES[name].role
        _secret(tmp_path / "credentials" / role, world.url(role) + "\n")
    _secret(tmp_path / "credentials" / "recoupe_notary", "postgresql://recoupe_notary@127.0.0.1:1/recoupe\n")
    return tmp_path


def _keys(folder: Path, seed: str = "11" * 32) -> None:
    _secret(folder / "credentials" / "notary.seed", seed)
    _secret(folder / "credentials" / "temoin-a.seed", "22" * 32)
    _secret(folder / "journal" / "notary.pub", "33" * 32)


def test_a_key_that_is_missing_or_none_is_named(house: Path, said: Callable[..., str]) -> None:
    assert "La clé secrète de notary manque" in said(house, "notary")
    assert "La clé publique de temoin-z manque" in said(house, "journal", "enrol", "temoin-z")
    assert "La clé publique de notary manque" in said(house, "journal", "verify")
    for wrong in ("xyz", "11" * 5):
        _keys(house, wrong)
        assert "n'est pas une clé" in said(house, "notary")


def test_where_the_notary_cannot_answer_is_said(house: Path) -> None:
    _keys(house)
    assert "ne peut pas répondre à unix:/nulle/part" in _sentence(house, "notary", "--listen", "unix:/nulle/part")
    elsewhere = f"192.0.2.1:{quiet_port()}"
    assert f"ne peut pas répondre à {elsewhere}" in _sentence(house, "notary", "--listen", elsewhere)
    deep = house / ("d" * LONGEST_SOCKET)
    _keys(deep)
    shutil.copy2(house / "credentials" / "recoupe_notary", deep / "credentials")
    assert "est trop long pour une prise" in _sentence(deep, "notary")


def test_a_witness_whose_folder_is_none_says_so(house: Path, said: Callable[..., str]) -> None:
    _keys(house)
    taken = house / "file"
    taken.touch()
    assert "ne peut pas être le dossier d'un témoin" in said(house, "witness", "temoin-a", "--folder", str(taken))


@pytest.mark.parametrize("given", [(), ("--motive", "court"), ("--motive", "  a       b  ")])
def test_the_journal_is_not_exported_without_a_motive(
    house: Path, given: tuple[str, ...], said: Callable[..., str]
) -> None:
    assert "Donnez --motive" in said(house, "journal", "export", *given)


def test_a_motive_with_a_control_character_is_refused(house: Path, said: Callable[..., str]) -> None:
    assert "caractère de commande" in said(house, "journal", "export", "--motive", "contrôle annuel\x07 du journal")


def test_an_export_that_cannot_be_written_leaves_nothing(house: Path, world: World) -> None:
    motive = ("--motive", "contrôle annuel du journal", "--file")
    assert "ne peut pas être écrit" in _sentence(house, "journal", "export", *motive, str(house / "no" / "f"))
    (house / "there").touch()
    assert "existe déjà" in _sentence(house, "journal", "export", *motive, str(house / "there"))
    assert world.sql("SELECT count(*) FROM audit_entry WHERE operation = 'export'") == [(0,)]
    assert "n'a encore rien signé" in _sentence(house, "journal", "export", *motive, str(house / "new"))
    assert not (house / "new").exists()


@pytest.mark.parametrize("content", ["", "zz", "11" * 5, "é" * 64])
def test_a_damaged_key_of_the_journal_is_named_and_never_replaced(content: str, tmp_path: Path) -> None:
    _secret(tmp_path / "credentials" / "notary.seed", content)
    with pytest.raises(Conflict, match=r"notary\.seed n'est pas une clé"):
        make_keys(tmp_path)
    assert (tmp_path / "credentials" / "notary.seed").read_text() == content
