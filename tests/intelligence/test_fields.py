"""Protected names and account numbers, wherever a reader could meet them (docs/POLICY.md, P-44 and P-45)."""

import re
from uuid import UUID

import pytest

from recoupe.access.enums import Role
from recoupe.crosscheck import records
from recoupe.intelligence import fields, queries
from recoupe.intelligence.actions import deposit
from recoupe.intelligence.entry import PersonEntry, SelectorEntry
from recoupe.intelligence.queries import Search
from recoupe.kernel.selectors import SelectorKind
from tests.intelligence.made import entry
from tests.world import TestAgent, World

IBAN = "FR76 3000 6000 0112 3456 7890 189"
MINOR = ("suspect", "12/04/2010")
PROTECTED = [MINOR, ("victim", "12/04/1990"), ("witness", "12/04/1990"), ("at_risk", "12/04/2009"),
             ("unknown", "12/04/1990")]  # fmt: skip


@pytest.fixture(scope="module")
def investigator(world: World) -> TestAgent:
    return world.agent(Role.INVESTIGATOR, "PJ13")


@pytest.fixture(scope="module")
def cell(world: World) -> TestAgent:
    return world.agent(Role.CROSS_ANALYST, "CROSS13")


@pytest.fixture(scope="module")
def office(world: World) -> TestAgent:
    return world.agent(Role.OFAST_ANALYST, "OFAST")


def enter(world: World, who: TestAgent, family: str, category: str, birth: str) -> UUID:
    person = PersonEntry(family=family, given="Camille", birth=birth, category=category, aliases=("Mimi",))
    with world.acting(who) as agent:
        wanted = entry(handling="H0", persons=(person,), selectors=(SelectorEntry("iban", IBAN),))
        return deposit(by=agent, entry=wanted).id


def seen(page: str) -> str:
    """What is read on a page: an address or a token may hold the four digits of any year."""
    return re.sub(r"<(script|style)\b.*?</\1>|<[^>]*>", " ", page, flags=re.DOTALL)


@pytest.mark.parametrize(("category", "birth"), PROTECTED)
def test_a_protected_name_reaches_nobody_outside_its_unit_and_department(
    world: World, investigator: TestAgent, cell: TestAgent, office: TestAgent, category: str, birth: str
) -> None:
    family = f"ZZ{category.upper()}"
    report_id = enter(world, investigator, family, category, birth)
    for who, named in ((investigator, True), (cell, True), (office, False)):
        with world.acting(who) as agent:
            (shown,) = queries.persons(agent, queries.report(agent, report_id))
            assert (family in shown.name, shown.aliases != [], shown.birth is not None) == (named, named, named)
            found = queries.search(agent, Search(kind=SelectorKind.PERSON, selector=f"Camille {family}"))
            assert (report_id in {report.id for report in found}) is named
        page = seen(world.client(who).get(f"/renseignements/{report_id}/").content.decode())
        assert (family in page, "Mimi" in page, birth[-4:] in page) == (named, named, named)


def test_other_names_are_read_by_every_reader(world: World, investigator: TestAgent, office: TestAgent) -> None:
    report_id = enter(world, investigator, "ZZLIBRE", "suspect", "12/04/1990")
    with world.acting(office) as agent:
        (shown,) = queries.persons(agent, queries.report(agent, report_id))
        assert not shown.masked


@pytest.mark.parametrize(("category", "birth"), PROTECTED)
def test_the_reasons_of_a_hit_mask_what_the_report_masks(
    world: World, investigator: TestAgent, office: TestAgent, category: str, birth: str
) -> None:
    customs = world.agent(Role.INVESTIGATOR, "DED13")
    both = [enter(world, who, "ZZRAISON", category, birth) for who in (investigator, customs)]
    with world.acting(office) as agent:
        told = {reason.kind: (reason.first, reason.second) for reason in records.reasons(agent, *both)}
        assert set(told) == {SelectorKind.PERSON, SelectorKind.IBAN}
        assert "ZZRAISON" not in "".join(told[SelectorKind.PERSON])
        assert birth[-4:] not in "".join(told[SelectorKind.PERSON])
        assert told[SelectorKind.IBAN] == ("FR76 •••• •••• 189",) * 2


def test_the_identifiers_of_a_masked_person_are_masked_with_him(
    world: World, investigator: TestAgent, cell: TestAgent, office: TestAgent
) -> None:
    """P-85: on the page, on paper and in the reasons; the same number under nobody stays readable."""
    phone, free = "06 45 33 22 11", "06 45 33 22 12"
    person = PersonEntry(family="ZZNUMERO", given="Camille", birth="12/04/1990", category="victim")
    both = []
    for who in (investigator, world.agent(Role.INVESTIGATOR, "DED13")):
        with world.acting(who) as agent:
            numbers = (SelectorEntry("phone", phone, person=0), SelectorEntry("phone", free))
            wanted = entry(handling="H0", persons=(person,), selectors=numbers)
            both.append(deposit(by=agent, entry=wanted).id)
    for who, told in ((investigator, True), (cell, True), (office, False)):
        page = world.client(who).get(f"/renseignements/{both[0]}/").content.decode().replace("\u00a0", " ")
        assert (phone in page, free in page) == (told, True)
        with world.acting(who) as agent:
            said = {reason.first for reason in records.reasons(agent, *both)}
            if who is not investigator:
                assert (phone in said, free in said) == (told, True)
    with world.acting(office) as agent:
        # What is looked for by its exact value is found: it is known already, and the report is his to read.
        found = queries.search(agent, Search(kind=SelectorKind.PHONE, selector=phone))
        assert both[0] in {report.id for report in found}


def test_an_account_number_is_shown_by_its_two_ends() -> None:
    assert fields.identifier("iban", IBAN, IBAN) == "FR76 •••• •••• 189"
    assert fields.identifier("phone", "06 11", "+336") == "06 11"
    assert fields.identifier("phone", "", "+336") == "+336"
    # Its two ends would be the whole of it.
    assert fields.identifier("iban", "FR76 3000 60", "FR76300060") == "FR76300060"


def test_a_unit_finds_its_own_protected_names_wherever_they_stand(world: World, investigator: TestAgent) -> None:
    person = PersonEntry(family="ZZLOIN", given="Camille", birth="12/04/1990", category="victim")
    with world.acting(investigator) as agent:
        far = deposit(by=agent, entry=entry(handling="H0", commune="59350", persons=(person,))).id
        found = queries.search(agent, Search(kind=SelectorKind.PERSON, selector="Camille ZZLOIN"))
        assert [report.id for report in found] == [far]
