"""The register's screens in a real browser at two widths: a list, a point with an undone merger, the counts."""

import os
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from django.urls import reverse

from recoupe.access.enums import Role
from recoupe.dealpoints import actions
from recoupe.dealpoints.models import DealPoint
from tests.browser import WIDTHS, Watched, chromium, watched
from tests.dealpoints.builders import active, priced, proposed
from tests.web.live import serving, sign_in
from tests.world import TestAgent, World

pytestmark = pytest.mark.browser
WIDER = "() => document.documentElement.scrollWidth - window.innerWidth"
WHY = "Même hall, vu par deux équipages"


@pytest.fixture(scope="module")
def police(world: World) -> TestAgent:
    return world.agent(Role.INVESTIGATOR, "PJ13")


@pytest.fixture(scope="module")
def head(world: World) -> TestAgent:
    return world.agent(Role.CROSS_HEAD, "CROSS13")


@pytest.fixture(scope="module")
def parted(world: World, police: TestAgent, head: TestAgent) -> UUID:
    """A point that was merged into its neighbour, then was none of it."""
    kept, doubled = active(world, police, head), active(world, police, head, (5.3699, 43.2965))
    priced(world, police, doubled)
    proposed(world, police, (5.37, 43.2966), uncertainty_m=50)
    with world.acting(head) as agent:
        of = DealPoint.objects.get(pk=kept)
        actions.mark_duplicate(by=agent, point=DealPoint.objects.get(pk=doubled), of=of, reason=WHY)
        actions.merge(by=agent, point=DealPoint.objects.get(pk=doubled), reason=WHY)
        actions.separate(by=agent, point=DealPoint.objects.get(pk=doubled), reason=WHY)
    return doubled


@pytest.fixture(params=sorted(WIDTHS))
def site(world: World, parted: UUID, request: pytest.FixtureRequest) -> Iterator[Watched]:
    """The staff site over this module's database, at each width."""
    with chromium() as browser, serving(world) as origin, watched(browser, origin, request.param) as watch:
        yield watch


def test_each_screen_of_the_register_fits(site: Watched, head: TestAgent, parted: UUID, tmp_path: Path) -> None:
    sign_in(site.page, site.origin, head)
    folder = Path(os.environ.get("RECOUPE_PICTURES", tmp_path))
    pages = {
        "liste": reverse("dealpoint-list"), "point": reverse("dealpoint-page", args=[parted]),
        "corriger": reverse("dealpoint-correct", args=[parted]), "nouveau": reverse("dealpoint-new"),
        "doublons": f"{reverse('dealpoint-doubles')}?department=13", "import": reverse("dealpoint-import"),
        "stock": f"{reverse('dealpoint-stock')}?on=01/11/2026", "arrivees": reverse("dealpoint-arrivals"),
    }  # fmt: skip
    wide = {}
    for name, address in pages.items():
        site.page.goto(site.origin + address)
        site.page.screenshot(path=folder / f"{name}-{site.page.viewport_size['width']}.png", full_page=True)  # type: ignore[index]
        wide[name] = (site.page.evaluate(WIDER) > 0, site.axe())
    assert {name: said for name, said in wide.items() if said != (False, [])} == {}
