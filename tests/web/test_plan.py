"""The board of the plan: all measures, computed or not measured, and what each figure says of itself."""

import re

import pytest
from django.test import override_settings
from django.urls import reverse

from recoupe.access.enums import Role
from recoupe.plan import actions as plan
from tests.plan.tables import clear
from tests.plan.test_figures import MANY, points
from tests.web.rooms import text
from tests.world import World


@pytest.fixture(scope="module")
def frozen(world: World) -> None:
    """Figures are frozen once a day by the service."""
    with world.process("migrate"):
        plan.freeze()


@pytest.mark.parametrize(
    "role, unit",
    [(Role.CROSS_ANALYST, "CROSS13"), (Role.INVESTIGATOR, "PJ13"), (Role.EXAMINING_JUDGE, "TJ13"), (Role.DPO, "OFAST")],
)
def test_the_board_shows_every_measure_with_its_anchor(world: World, frozen: None, role: Role, unit: str) -> None:
    answer = world.client(world.agent(role, unit)).get("/plan/")
    shown = text(answer)
    assert answer.status_code == 200
    assert [int(n) for n in re.findall(r'id="M(\d+)"', shown)] == sorted(
        range(1, 56), key=lambda n: shown.index(f'id="M{n}"')
    )
    assert len(set(re.findall(r'id="M(\d+)"', shown))) == 55
    assert "Non mesurée" in shown
    assert "fabriquée" not in shown
    entry = world.journal("consult")[-1]
    assert (entry[3]["what"], entry[2]) == ("plan", [])


def test_a_figure_says_what_it_counts(world: World, frozen: None) -> None:
    shown = text(world.client(world.agent(Role.CROSS_HEAD, "CROSS13")).get("/plan/"))
    for words in ("Définition", "Périmètre", "Numérateur", "Dénominateur", "Fiches déposées"):
        assert words in shown, words


def test_made_data_say_so(world: World, frozen: None) -> None:
    with override_settings(DEMO=True):
        shown = text(world.client(world.agent(Role.CROSS_HEAD, "CROSS13")).get("/plan/"))
    assert "Données fabriquées pour la démonstration" in shown
    assert "donnée fabriquée" in shown


def test_the_stock_is_told_by_department_above_the_threshold_alone(world: World) -> None:
    clear(world)
    points(world, MANY, "13", [("ACTIVE", 9)])
    points(world, MANY + 1, "59", [("ACTIVE", 9)])
    points(world, MANY - 1, "75", [("ACTIVE", 9)])
    with world.process("migrate"):
        plan.freeze()
    shown = text(world.client(world.agent(Role.CROSS_HEAD, "CROSS13")).get("/plan/"))
    told = re.findall(r"<dt>[^<]* \((\w+)\)</dt><dd>(\d+)</dd>", shown)
    assert told == [("59", str(MANY + 1)), ("13", str(MANY))]
    assert reverse("dealpoint-stock") in shown
    judge = text(world.client(world.agent(Role.EXAMINING_JUDGE, "TJ13")).get("/plan/"))
    assert "Par département" in judge
    assert reverse("dealpoint-stock") not in judge


@pytest.mark.parametrize("role, unit", [(Role.DUTY_OFFICER, "PJ13"), (Role.SYSADMIN, "OFAST")])
def test_the_wrong_role_is_refused(world: World, role: Role, unit: str) -> None:
    assert world.client(world.agent(role, unit)).get("/plan/").status_code == 403
