"""The journal's page: every code in the reader's words, and no code that nobody named."""

import ast
from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
from django.db import models
from django.test import override_settings
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import translation

from recoupe.access.enums import OVERSEERS, Role
from recoupe.access.references import ROOMS, identified
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.audit.models import Entry
from recoupe.config.paths import PROJECT
from recoupe.coordination.models import Objective
from recoupe.dealpoints.models import DealPoint
from recoupe.intelligence.models import Report
from recoupe.web.audit import words
from recoupe.web.audit.pages import PAGES
from recoupe.web.audit.table import Line, rows
from tests.coordination.builders import Cast, proposed
from tests.targets.builders import Registry
from tests.web.rooms import text
from tests.world import World

# What no action ever names: who may read, when it was made, and its numbers of order.
SILENT = frozenset({
    "id", "owner_unit", "readers", "created_at", "ref", "author_id", "version", "case_id", "assessment_author_id",
    "assessment_at", "submitted_at", "silent_reason", "reviewed_at", "import_id", "fingerprint", "origin_kind",
    "origin_id", "origin_ref", "cells", "state_since", "steps", "proposed_by_id", "kind", "cell_number",
})  # fmt: skip


def recorded() -> Iterator[ast.Call]:
    """Every entry of the journal that the house writes, as it stands in the code."""
    for path in sorted((PROJECT / "recoupe").rglob("*.py")):
        if "demo" not in path.parts and "migrations" not in path.parts:
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "record":
                    yield node


def constants(node: ast.AST) -> list[str]:
    return [n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)]


def test_every_detail_that_the_house_writes_has_its_words() -> None:
    seen = set[str]()
    for call in recorded():
        given = {keyword.arg: keyword.value for keyword in call.keywords}
        details = given.get("details")
        if isinstance(details, ast.Dict):
            for key, value in zip(details.keys, details.values, strict=True):
                assert isinstance(key, ast.Constant) and isinstance(key.value, str)
                seen.add(key.value)
                assert key.value in words.KEYS, key.value
                known = words.VALUES.get(key.value)
                if known is not None and isinstance(value, ast.Constant):
                    assert value.value in known, (key.value, value.value)
        if "fields" in given:
            assert set(constants(given["fields"])) <= set(words.FIELDS), constants(given["fields"])
        for node in ast.walk(given["refs"]) if "refs" in given else ():
            if isinstance(node, ast.Tuple) and isinstance(node.elts[0], ast.Constant):
                assert node.elts[0].value in words.REFS, node.elts[0].value
    assert {"state", "what", "filters", "view"} <= seen


@pytest.mark.parametrize("model", [Report, Objective, DealPoint])
def test_every_field_that_a_step_may_change_has_its_words(model: type[models.Model]) -> None:
    assert {field.name for field in model._meta.concrete_fields} - SILENT <= set(words.FIELDS) | {"financial"}


def names(patterns: list[URLPattern | URLResolver]) -> Iterator[str]:
    for entry in patterns:
        if isinstance(entry, URLResolver):
            yield from names(entry.url_patterns)
        elif entry.name:
            yield entry.name


@override_settings(ROOT_URLCONF="recoupe.web.urls")
def test_every_page_has_its_words_and_no_page_is_idle() -> None:
    assert set(names(get_resolver().url_patterns)) == set(PAGES)


def test_the_officer_reads_words_and_not_codes(world: World) -> None:
    report, officer = uuid4(), world.agent(Role.DPO, "OFAST")
    with world.acting(world.agent(Role.INVESTIGATOR, "PJ13")):
        record(
            Operation.MODIFY,
            refs=[("report", report)],
            fields=["fact_text", "lon"],
            details={"state": "SUBMITTED", "accept_valid": True, "correction": False, "unheard": "of"},
        )
        record(Operation.SEARCH, refs=[("objective", report)], details={"what": "ref+text", "state": "CLOSED"})
    client = world.client(officer)
    shown = text(client.get("/journal/", {"ref": f"report:{report}"}))
    for said in ("État : déposée", "Champs : faits, longitude", "Lignes justes acceptées : oui",
                 f'href="?ref=report:{report}">Fiche {str(report)[:8]}</a>'):  # fmt: skip
        assert said.replace(" :", "\N{NO-BREAK SPACE}:") in shown, said
    assert "SUBMITTED" not in shown
    # What nobody named is shown as it is kept, and what is not so is not shown.
    assert "unheard\N{NO-BREAK SPACE}: of" in shown
    assert "Correction" not in shown.split("<tbody>")[1]
    shown = text(client.get("/journal/", {"ref": f"objective:{report}"}))
    assert "par référence, par mots" in shown
    assert "État\N{NO-BREAK SPACE}: Clos" in shown


def test_the_words_are_the_readers(world: World) -> None:
    with translation.override("en"):
        (state, words_of_it), *_rest = words.details({"state": "SUBMITTED"}, "report")
    assert (state, words_of_it) != ("État", "déposée")


def test_coming_home_to_nothing_is_folded_away_and_never_lost(world: World) -> None:
    client, reader = world.client(world.agent(Role.DPO, "OFAST")), world.agent(Role.INVESTIGATOR, "SR83")
    assert world.client(reader).get("/").status_code == 200
    folded, whole = (
        text(client.get("/journal/", {"login": reader.login, **more})) for more in ({}, {"arrivals": "on"})
    )
    assert "accueil" not in folded.split("</form>")[1]
    assert "accueil" in whole.split("<tbody>")[1]
    entries = [entry for entry in world.journal("consult") if entry[1] == reader.id and entry[3].get("what") == "home"]
    assert len(entries) == 1, "what is folded stays in the journal"
    # What was read there is never folded.
    with world.acting(reader):
        record(Operation.CONSULT, refs=[("report", uuid4())], details={"what": "home"}, result_count=1)
    assert "accueil" in text(client.get("/journal/", {"login": reader.login})).split("<tbody>")[1]


@pytest.fixture(scope="module")
def named(world: World) -> dict[str, tuple[str, str]]:
    """By kind: the human reference and the identifier of one report, one point, one objective, one registration."""
    cast = Cast(world)
    objective = proposed(world, cast)
    found = {"objective": world.sql("SELECT ref, id::text FROM coordination_objective WHERE id = %s", [objective])[0]}
    found["dealpoint"] = world.sql("SELECT ref, id::text FROM dealpoints_dealpoint LIMIT 1")[0]
    found["report"] = world.sql("SELECT ref, id::text FROM intelligence_report WHERE ref IS NOT NULL LIMIT 1")[0]
    registered = Registry(world).asked()
    found["target"] = (registered.ref, str(registered.id))
    return found


@pytest.mark.parametrize("kind", ["report", "dealpoint", "objective", "target"])
def test_the_officer_follows_a_reference_an_address_or_an_identifier(
    world: World, named: dict[str, tuple[str, str]], kind: str
) -> None:
    ref, identity = named[kind]
    client = world.client(world.agent(Role.DPO, "OFAST"))
    expected = text(client.get("/journal/", {"ref": f"{kind}:{identity}"})).split("<tbody>")[1].count("<tr>")
    assert expected
    for typed in (ref, f" {ref.lower()} ", identity, f"https://recoupe.example/objets/{identity}/?x=1"):
        answer = client.get("/journal/", {"ref": typed})
        assert answer.status_code == 200, typed
        assert text(answer).split("<tbody>")[1].count("<tr>") == expected, typed
    assert world.journal("consult")[-1][3] == {"what": "journal", "filters": ["ref"]}, "never what was looked for"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("PJ13-26-ZZZZZZ", "ne porte cette référence"),
        (str(UUID(int=1)), "ne touche cet objet"),
        ("x", "illisible"),
        ("\x00", "commande"),
    ],
)
def test_an_object_that_is_not_found_is_said(world: World, typed: str, said: str) -> None:
    answer = world.client(world.agent(Role.DPO, "OFAST")).get("/journal/", {"ref": typed})
    assert answer.status_code == 422
    assert said in text(answer).split("error-summary")[1].split("</div>")[0]


AWAY = {
    Role.PROSECUTOR: "TJ59", Role.EXAMINING_JUDGE: "TJ59", Role.CROSS_ANALYST: "CROSS59", Role.CROSS_HEAD: "CROSS59",
    Role.OFAST_ANALYST: "OFAST", Role.DESIGNATING_AUTHORITY: "OFAST", Role.SYSADMIN: "OFAST",
}  # fmt: skip


@pytest.mark.parametrize("role", [role for role in Role if role not in OVERSEERS])
def test_nobody_else_turns_a_reference_into_an_identifier(
    world: World, named: dict[str, tuple[str, str]], role: Role
) -> None:
    """By SQL either: a reference guessed or overheard proves nothing to anybody else (R-24)."""
    with world.acting(world.agent(role, AWAY.get(role, "PJ59"))) as agent:
        assert set(ROOMS) == set(named)
        for kind, (ref, _identity) in named.items():
            assert identified(agent, kind, ref) is None


def test_a_row_of_the_journal_escapes_all_that_comes_from_an_entry() -> None:
    hostile = "<b>&"
    entry = Entry(id=7, case_ref=hostile, motive=hostile, refs=["report:x"] * 6)
    ref = (f'r"{hostile}', hostile)
    line = Line(entry, hostile, hostile, hostile, hostile, hostile, hostile, [ref], [(hostile, hostile)])
    written = str(rows([line]))
    assert "<b>" not in written
    assert written.count("&lt;b&gt;&amp;") == 12
    assert 'href="?ref=r&quot;' in written
    assert "6 références en tout" in written
