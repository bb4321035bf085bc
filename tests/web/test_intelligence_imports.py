"""Files by the page: read whole, refused row by row, opened by the head, written by the worker."""

import io
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.test import Client

from recoupe.access import context
from recoupe.access.enums import Role
from recoupe.intelligence.importing import running
from recoupe.web.intelligence.imports import REPORTS_SHOWN
from recoupe.worker import tasks
from tests.world import TestAgent, World

REFUSED = {"state": "REFUSED"}
HEADER = "Référence;Date;Commune;Fait;Téléphone;Plaque"
REPO = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def sender(world: World) -> TestAgent:
    return world.agent(Role.INVESTIGATOR, "PJ13")


@pytest.fixture(scope="module")
def head(world: World) -> TestAgent:
    return world.agent(Role.UNIT_HEAD, "PJ13")


@pytest.fixture(scope="module")
def other_head(world: World) -> TestAgent:
    return world.agent(Role.UNIT_HEAD, "SP13")


def rows(count: int, mark: str, first: int = 0) -> str:
    lines = [f"{mark}-{n};12/03/2025;13055;Fait {mark} numéro {n};06{n + first:08d};" for n in range(count)]
    return "\n".join([HEADER, *lines]) + "\n"


def as_file(content: bytes | str, name: str = "tableau.csv") -> io.BytesIO:
    made = io.BytesIO(content.encode("cp1252") if isinstance(content, str) else content)
    made.name = name
    return made


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def handed(client: Client, content: bytes | str, **more: Any) -> Any:
    return client.post("/imports/nouveau/", {"file": as_file(content), "mapping": "liste-simple", **more})


def file_id(answer: Any) -> UUID:
    assert answer.status_code == 302, text_of(answer)
    found = re.fullmatch(r"/imports/([0-9a-f-]{36})/", answer["Location"])
    assert found
    return UUID(found[1])


def jobs(world: World, file: UUID) -> list[tuple[str, str, str]]:
    found = world.sql("SELECT task_name, args, status::text FROM procrastinate_jobs ORDER BY id")
    return [(task, args["mandate"], status) for task, args, status in found if args.get("import_id") == str(file)]


def run_job(world: World, file: UUID) -> None:
    """What the worker does with the last job of a file."""
    task, mandate, _status = jobs(world, file)[-1]
    with world.process("worker"):
        {"recoupe.import_file": tasks.import_file, "recoupe.check_file": tasks.check_file}[task](str(file), mandate)


def opened(client: Client, file: UUID, **data: Any) -> Any:
    return client.post(f"/imports/{file}/ouvrir/", {"reason": "tableau de l'année", **data})


def written(world: World, file: UUID) -> int:
    return int(world.sql("SELECT count(*) FROM intelligence_report WHERE import_id = %s", [file])[0][0])


def test_a_file_is_checked_opened_and_written_in_the_name_of_the_head(
    world: World, sender: TestAgent, head: TestAgent, other_head: TestAgent
) -> None:
    client, chief = world.client(sender), world.client(head)
    file = file_id(handed(client, rows(600, "A")))
    assert "600 lignes lues\u00a0: 600 valables, 0 refusées" in text_of(client.get(f"/imports/{file}/"))
    assert written(world, file) == 0
    assert opened(client, file).status_code == 403
    for path in ("", "avancement/", "refus.csv"):
        assert world.client(other_head).get(f"/imports/{file}/{path}").status_code == 404
    assert opened(world.client(other_head), file).status_code == 404
    assert opened(chief, file, reason="").status_code == 422
    assert opened(chief, file).status_code == 302
    assert opened(chief, file).status_code == 302  # two clicks
    assert [line[0] for line in jobs(world, file)] == ["recoupe.import_file"]
    progress = chief.get(f"/imports/{file}/avancement/")
    assert 'hx-trigger="every 1s"' in text_of(progress)
    run_job(world, file)
    assert written(world, file) == 600
    finished = chief.get(f"/imports/{file}/avancement/")
    assert opened(client, file).status_code == 403  # written already, and still not his to open
    assert finished["HX-Refresh"] == "true"
    assert "600 fiches écrites" in text_of(finished)
    page = text_of(chief.get(f"/imports/{file}/"))
    assert "tableau de l&#x27;année" in page
    assert page.count('class="line__title ref"') == REPORTS_SHOWN
    blocks = [line for line in world.journal("collect") if line[3].get("import") == str(file)]
    assert sum(len(line[2]) for line in blocks) == 600
    assert {line[1] for line in blocks} == {head.id}


def test_the_same_file_again_changes_nothing_and_says_so(world: World, sender: TestAgent, head: TestAgent) -> None:
    for expected, known, said in (
        (40, 0, "40 fiches écrites, 0 déjà connue"), (0, 40, "0 fiche écrite, 40 déjà connues"),
    ):  # fmt: skip
        file = file_id(handed(world.client(sender), rows(40, "B")))
        checked = text_of(world.client(sender).get(f"/imports/{file}/"))
        assert ("a déjà été importé" in checked) == bool(known)
        opened(world.client(head), file)
        run_job(world, file)
        assert written(world, file) == expected
        assert f"{said}, 0 ligne refusée." in text_of(world.client(sender).get(f"/imports/{file}/"))
        line = text_of(world.client(sender).get("/imports/")).split(str(file))[1].split("</tr>")[0]
        assert (f"{known} déjà connues" in line) == bool(known)


WIDE = (REPO / "recoupe/intelligence/data/mappings/tableau-unite.toml").read_text().split("[columns]")[1].split("[")[0]
WIDE_HEADER = ";".join(re.findall(r'^"([^"]+)" =', WIDE, re.MULTILINE))


def test_the_mapping_is_the_one_whose_columns_the_file_has(world: World, sender: TestAgent) -> None:
    client = world.client(sender)
    (offered,) = re.findall(r'<input[^>]*value="fitting"[^>]*>', text_of(client.get("/imports/nouveau/")))
    assert "checked" in offered
    simple = handed(client, rows(2, "M"), mapping="fitting")
    assert "2 lignes lues" in text_of(client.get(simple["Location"]))
    wide = handed(client, WIDE_HEADER + "\n" + "R-1;12/03/2025\n", mapping="fitting")
    assert world.sql("SELECT mapping->'columns' ? 'N° de fiche' FROM intelligence_importfile WHERE id = %s",
                     [file_id(wide)]) == [(True,)]  # fmt: skip


def test_a_file_that_fits_no_mapping_or_another_one_says_which(world: World, sender: TestAgent) -> None:
    client = world.client(sender)
    none = handed(client, "a;b\n1;2\n", mapping="fitting")
    assert none.status_code == 422
    assert "Aucune de nos correspondances ne convient" in text_of(none)
    other = handed(client, rows(2, "N"), mapping="tableau-unite")
    assert other.status_code == 422
    assert "Liste simple" in text_of(other).split("error-summary")[1].split("</div>")[0]
    assert handed(client, b"PK\x03\x04 rien", mapping="fitting").status_code == 422


def test_a_file_leaves_the_home_page_once_it_was_opened_or_refused(
    world: World, sender: TestAgent, head: TestAgent
) -> None:
    """Whoever opened it: another head, or the command."""
    chief = world.client(head)
    file = file_id(handed(world.client(sender), rows(2, "O")))
    assert f"/imports/{file}/" in text_of(chief.get("/"))
    with psycopg.connect(world.admin_url) as direct:
        direct.execute("SET session_replication_role = replica")
        direct.execute("UPDATE intelligence_importfile SET state = 'RUNNING' WHERE id = %s", [file])
    assert f"/imports/{file}/" not in text_of(chief.get("/"))
    chief.get(f"/imports/{file}/")
    seen = world.sql("SELECT count(*) FROM notices_notice WHERE record_id = %s AND seen_at IS NULL", [file])
    assert seen == [(0,)]


def test_a_cell_is_led_to_the_reports_of_a_file_not_to_the_file(world: World) -> None:
    analyst, cell_head = world.agent(Role.CROSS_ANALYST, "CROSS06"), world.agent(Role.CROSS_HEAD, "CROSS06")
    own, chief = world.client(analyst), world.client(cell_head)
    for count in (1, 3):
        file = file_id(handed(own, rows(count, f"P{count}").replace(";13055;", ";06088;")))
        opened(chief, file)
        run_job(world, file)
    shown = text_of(world.client(world.agent(Role.CROSS_ANALYST, "CROSS06")).get("/"))
    tasks = shown.split("À traiter d&#x27;abord")[-1]
    one = world.sql(
        "SELECT r.id FROM intelligence_report r WHERE import_id IN (SELECT import_id FROM intelligence_report"
        " GROUP BY import_id HAVING count(*) = 1) AND fact_text LIKE 'Fait P1 %%'"
    )[0][0]
    assert f'href="/renseignements/{one}/"' in tasks
    assert "3 fiches d&#x27;un fichier importé" in tasks
    assert 'href="/renseignements/?state=SUBMITTED"' in tasks
    assert f'href="/imports/{file}/"' not in tasks


def test_refused_rows_say_line_column_and_reason(world: World, sender: TestAgent, head: TestAgent) -> None:
    client, chief = world.client(sender), world.client(head)
    bad = "X-1;31/02/2025;13055;Fait;;\nX-2;12/03/2025;Nulle-Part;Fait;;\nX-3;12/03/2025;13055;;;\n"
    file = file_id(handed(client, rows(3, "C") + bad))
    page = text_of(client.get(f"/imports/{file}/"))
    assert "6 lignes lues\u00a0: 3 valables, 3 refusées" in page
    table = client.get(f"/imports/{file}/refus.csv")
    lines = table.content.decode("utf-8-sig").splitlines()
    assert lines[0] == "ligne;colonne;motif"
    assert [line.split(";")[:2] for line in lines[1:]] == [["5", "Date"], ["6", "Commune"], ["7", "Fait"]]
    assert dict(world.journal("export")[-1][3]) == {"what": "refusals"}
    refused = opened(chief, file)
    assert refused.status_code == 409
    assert "3 lignes sont refusées" in text_of(refused)
    assert jobs(world, file) == []
    assert opened(chief, file, accept_valid="on").status_code == 302
    run_job(world, file)
    assert written(world, file) == 3


def test_a_formula_in_a_refusal_stays_text(world: World, sender: TestAgent) -> None:
    mapping = '[columns]\n"=HYPERLINK(1)" = "event_from"\nFait = "fact_text"\n'
    content = "=HYPERLINK(1);Fait\n99/99/9999;Vu\n"
    client = world.client(sender)
    answer = handed(client, content, mapping="own", mapping_file=as_file(mapping.encode(), "m.toml"))
    table = client.get(f"/imports/{file_id(answer)}/refus.csv").content.decode("utf-8-sig")
    assert ";'=HYPERLINK(1);" in table
    assert "\n=" not in table


def test_the_head_refuses_a_file_and_its_content_goes(world: World, sender: TestAgent, head: TestAgent) -> None:
    file = file_id(handed(world.client(sender), rows(2, "D")))
    chief = world.client(head)
    assert chief.post(f"/imports/{file}/refuser/", {"reason": ""}).status_code == 422
    assert chief.post(f"/imports/{file}/refuser/", {"reason": "déjà remis"}).status_code == 302
    assert world.sql("SELECT content FROM intelligence_importfile WHERE id = %s", [file]) == [(None,)]
    assert "déjà remis" in text_of(world.client(sender).get(f"/imports/{file}/"))
    assert opened(chief, file).status_code == 409


def test_a_stopped_import_is_taken_up_where_it_was(world: World, sender: TestAgent, head: TestAgent) -> None:
    file = file_id(handed(world.client(sender), rows(1_200, "E", first=5_000)))
    chief = world.client(head)
    opened(chief, file)
    mandate = UUID(jobs(world, file)[-1][1])

    @contextmanager
    def twice() -> Iterator[Any]:
        with context.mandated(mandate) as agent:
            yield agent

    def stop(progress: running.Progress) -> None:
        raise KeyboardInterrupt

    with world.process("worker"), pytest.raises(KeyboardInterrupt):
        running.run(twice, file, stop)
    assert written(world, file) == 500
    assert "500 / 1200" in text_of(chief.get(f"/imports/{file}/")).replace("\xa0", "").replace("\u202f", "")
    assert chief.post(f"/imports/{file}/reprendre/").status_code == 302
    run_job(world, file)
    run_job(world, file)
    assert written(world, file) == 1_200
    refs = world.sql("SELECT count(DISTINCT external_ref) FROM intelligence_report WHERE import_id = %s", [file])
    assert refs == [(1_200,)]


def test_a_large_file_is_checked_by_the_worker(
    world: World, sender: TestAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recoupe.web.intelligence.imports.CHECKED_AT_ONCE", 10)
    client = world.client(sender)
    file = file_id(handed(client, rows(3, "F")))
    assert "Lecture du fichier en cours" in text_of(client.get(f"/imports/{file}/"))
    assert client.post(f"/imports/{file}/reprendre/").status_code == 302
    assert [line[0] for line in jobs(world, file)] == ["recoupe.check_file"] * 2
    run_job(world, file)
    run_job(world, file)
    assert "3 lignes lues" in text_of(client.get(f"/imports/{file}/"))


def test_a_job_without_a_live_mandate_does_nothing(world: World, sender: TestAgent, head: TestAgent) -> None:
    file = file_id(handed(world.client(sender), rows(2, "G")))
    opened(world.client(head), file)
    with psycopg.connect(world.admin_url) as direct:
        direct.execute("SET session_replication_role = replica")
        direct.execute("UPDATE access_mandate SET expires_at = now() - interval '1 minute'")
    with pytest.raises(Exception, match="mandat"):
        run_job(world, file)
    assert written(world, file) == 0


OWN = "own"
VALID_MAPPING = b'[columns]\nFait = "fact_text"\n'


@pytest.mark.parametrize(
    ("content", "mapping", "mapping_file", "words"),
    [
        (None, "liste-simple", None, "obligatoire"),
        (b"", "liste-simple", None, ""),
        (b"x" * (21 * 1024 * 1024), "liste-simple", None, "trop lourd"),
        (rows(1, "H"), "", None, ""),
        (rows(1, "H"), "licorne", None, ""),
        (rows(1, "H"), OWN, None, "Joignez"),
        (rows(1, "H"), OWN, b"", "TOML ou en JSON"),
        (rows(1, "H"), OWN, b"\xff\xfe\x00", "TOML ou en JSON"),
        (rows(1, "H"), OWN, b"[columns]\n", "ne nomme aucune colonne"),
        (rows(1, "H"), OWN, b'[columns]\nA = "licorne"\n', "champ inconnu"),
        (rows(1, "H"), OWN, b'{"columns": {"a\\u0000": "fact_text"}}', "TOML ou en JSON"),
        (rows(1, "H"), OWN, b'{"columns": {"a": "fact_text"}, "x": NaN}', "TOML ou en JSON"),
        (rows(1, "H"), OWN, b'{"columns": {"\\ud800": "fact_text"}}', "TOML ou en JSON"),
        (rows(1, "H"), OWN, b"[" * 90_000, "TOML ou en JSON"),
        (rows(1, "H"), OWN, b"a" * 400_000, "TOML ou en JSON"),
    ],
)
def test_a_bad_upload_is_a_sentence(
    world: World, sender: TestAgent, content: Any, mapping: str, mapping_file: bytes | None, words: str
) -> None:
    data: dict[str, Any] = {"mapping": mapping}
    if content is not None:
        data["file"] = as_file(content)
    if mapping_file is not None:
        data["mapping_file"] = as_file(mapping_file, "m.toml")
    answer = world.client(sender).post("/imports/nouveau/", data)
    if answer.status_code == 302:  # read, and refused as a whole with its sentence
        page = text_of(world.client(sender).get(answer["Location"]))
        assert "vide" in page
        return
    assert answer.status_code == 422
    assert words in text_of(answer)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\x03\x04 rien", "XLSX"),
        (b"a;b\n1;2\n", "pas de colonne"),
        (b"\x00\x01\x02", ""),
        (HEADER.encode() + b'\nX;12/03/2025;13055;"ouvert', ""),
        (HEADER.encode() + b"\n", "Aucune ligne"),
    ],
)
def test_an_unreadable_file_is_refused_as_a_whole(world: World, sender: TestAgent, content: bytes, words: str) -> None:
    client = world.client(sender)
    page = text_of(client.get(f"/imports/{file_id(handed(client, content))}/"))
    assert "refusé" in page
    assert words in page


@pytest.mark.parametrize(("role", "unit"), [(Role.DUTY_OFFICER, "PJ13"), (Role.DPO, "OFAST"), (Role.PROSECUTOR, "")])
def test_who_may_not_hand_in(world: World, role: Role, unit: str) -> None:
    court = world.sql("SELECT code FROM reference_unit WHERE kind = 'court' ORDER BY code LIMIT 1")[0][0]
    client = world.client(world.agent(role, unit or court))
    assert client.get("/imports/").status_code == 403
    assert handed(client, rows(1, "I")).status_code == 403


def test_our_mappings_are_readable_and_can_be_taken(world: World, sender: TestAgent) -> None:
    client = world.client(sender)
    assert "tableau-unite" in text_of(client.get("/imports/nouveau/"))
    assert client.get("/imports/correspondances/tableau-unite.toml").status_code == 200
    assert client.get("/imports/correspondances/licorne.toml").status_code == 404


_WORKER = "import sys; from recoupe.cli.main import main; sys.exit(main(['worker']))"


@contextmanager
def worker(world: World, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The worker as a process of its own, on this test's database."""
    world.declare_made()
    credentials = folder / "credentials"
    credentials.mkdir(parents=True, exist_ok=True)
    (credentials / "recoupe_worker").write_text(world.url("recoupe_worker"))
    (credentials / "recoupe_worker").chmod(0o600)
    environment = os.environ | {"DATA": str(folder), "RECOUPE_PROCESS": "worker", "PYTHONPATH": str(REPO)}
    environment["RECOUPE_DEMO"] = "1"
    with (folder / "worker.log").open("ab") as log:
        process = subprocess.Popen([sys.executable, "-c", _WORKER], env=environment, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.kill()
        process.wait(20)


@pytest.mark.slow
def test_a_killed_worker_loses_nothing(world: World, sender: TestAgent, head: TestAgent, tmp_path: Path) -> None:
    file = file_id(handed(world.client(sender), rows(4_000, "K", first=9_000)))
    opened(world.client(head), file)
    with worker(world, tmp_path) as process:
        _until(lambda: written(world, file) >= 500, tmp_path)
        process.kill()
        process.wait(20)
    left = written(world, file)
    assert left % 500 == 0
    world.sql("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 hour'")
    with worker(world, tmp_path):
        _until(lambda: written(world, file) == 4_000, tmp_path)
    refs = world.sql("SELECT count(DISTINCT external_ref) FROM intelligence_report WHERE import_id = %s", [file])
    assert refs == [(4_000,)]


def _until(done: Any, folder: Path, seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, (folder / "worker.log").read_text()[-3000:]
        time.sleep(0.02)


def test_whoever_writes_no_report_any_more_resumes_no_file(world: World) -> None:
    """His own file, which he still reads: a role of a cell outside a cell is left to him, and writes nothing (P-81)."""
    both = world.agent([Role.CROSS_ANALYST, Role.INVESTIGATOR], "PJ13")
    client = world.client(both)
    file = file_id(handed(client, rows(3, "Z")))
    resume = f"/imports/{file}/reprendre/"
    assert client.post(resume).status_code == 302
    world.sql(
        "SET session_replication_role = replica;"
        f" UPDATE access_habilitation SET revoked_at = now() WHERE agent_id = '{both.id}' AND role = 'investigator'"
    )
    assert client.get(f"/imports/{file}/").status_code == 200
    assert client.post(resume).status_code == 403


def test_the_end_of_a_file_names_it_in_the_journal(world: World, sender: TestAgent, head: TestAgent) -> None:
    file = file_id(handed(world.client(sender), rows(3, "Y")))
    assert world.client(head).post(f"/imports/{file}/refuser/", {"reason": "mauvais tableau"}).status_code == 302
    said = [refs for _, actor, refs, details in world.journal("modify") if (actor, details) == (head.id, REFUSED)]
    assert [f"import:{file}"] in said
