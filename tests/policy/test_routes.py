"""Each address of the staff site and its row: a new route, a lost one, another role, turns this red."""

import inspect
from collections.abc import Callable, Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from recoupe.access.enums import OPERATIONAL_ROLES, Role
from recoupe.web.access import habilitations
from recoupe.web.coordination import verbs as objectives
from recoupe.web.coordination.followup import views as followup
from recoupe.web.crosscheck import verbs as contacts
from recoupe.web.dealpoints import verbs as points
from recoupe.web.deconfliction import dangers, watch
from recoupe.web.deconfliction import verbs as settlements
from recoupe.web.desk import accounts, keys, reviews
from recoupe.web.intelligence import offers as reports
from recoupe.web.operations import views as events
from recoupe.web.plan import committee, measure
from recoupe.web.policy import policy_of
from recoupe.web.targets import verbs as registrations
from tests.policy.book import rows, words

SETS = {"everyone": frozenset(Role), "operational": OPERATIONAL_ROLES, "public": frozenset(), "tool": frozenset()}
SLUGS = {
    "report-act": set(reports.BY_SLUG),
    "contact-act": set(contacts.BY_SLUG),
    "dealpoint-act": set(points.BY_SLUG),
    "watch-act": {*watch.CALLS, watch.NOTE},
    "watch-hand-over": set(watch.RELIEFS),
    "danger-act": {dangers.ACKNOWLEDGE},
    "event-act": {*events.VERBS, *events.SILENCES},
    "objective-act": set(objectives.BY_SLUG),
    "followup-act": set(followup.VERBS),
    "target-act": set(registrations.BY_SLUG),
    "settlement-act": set(settlements.BY_SLUG),
    "habilitation-act": set(habilitations.VERBS),
    "key-act": set(keys.VERBS),
    "account-act": set(accounts.VERBS),
    "recovery-act": set(accounts.ANSWERS),
    "review-act": set(reviews.VERBS),
    "plan-decide": set(committee.VERBS),
    "plan-feed": set(measure.FORMS),
}


def served(
    patterns: list[URLPattern | URLResolver] | None = None, prefix: str = "/"
) -> Iterator[tuple[str, str, Callable[..., Any]]]:
    """(name, address, view) of everything that the staff site serves."""
    for entry in get_resolver("recoupe.config.urls_web").url_patterns if patterns is None else patterns:
        if isinstance(entry, URLResolver):
            yield from served(entry.url_patterns, prefix + str(entry.pattern))
        else:
            yield entry.name or "", prefix + str(entry.pattern), entry.callback


def roles_of(cell: str) -> frozenset[Role]:
    return SETS[cell] if cell in SETS else frozenset(Role(word) for word in words(cell))


def methods_of(view: Callable[..., Any]) -> set[str]:
    """The methods that Django's own decorator lets through."""
    return set(inspect.getclosurevars(view).nonlocals["request_method_list"])


def test_every_route_has_its_row_and_every_row_its_route() -> None:
    said = {row["route"]: row["address"].strip("`") for row in rows("routes")}
    assert {name: address for name, address, _ in served()} == said


def test_each_view_declares_what_its_row_says() -> None:
    said = {row["route"]: row for row in rows("routes")}
    wrong = []
    for name, _address, view in served():
        declared, row = policy_of(view), said[name]
        assert declared is not None
        told = (declared.roles, declared.purpose, methods_of(view))
        wanted = (roles_of(row["roles"]), row["purpose"] == "yes", set(words(row["methods"])))
        if told != wanted:
            wrong.append((name, told, wanted))
    assert wrong == []


def test_every_verb_has_its_row() -> None:
    said: dict[str, set[str]] = {}
    for row in rows("verbs"):
        said.setdefault(row["route"], set()).add(row["verb"])
    assert said == SLUGS


def test_a_verb_leads_to_the_state_that_its_row_says() -> None:
    for row in rows("verbs"):
        if row["route"] == "dealpoint-act":
            assert (points.BY_SLUG[row["verb"]].to if row["action"] == "dealpoint.move" else "-") == row["to"], row
        if row["route"] == "objective-act":
            assert getattr(objectives.BY_SLUG[row["verb"]], "to", "-") == row["to"], row
        if row["route"] == "target-act":
            assert registrations.BY_SLUG[row["verb"]].to == row["to"], row
        if row["route"] == "settlement-act":
            assert settlements.BY_SLUG[row["verb"]].to == row["to"], row
        if row["route"] == "event-act":
            assert events.VERBS.get(row["verb"], "-") == row["to"], row


def test_what_a_page_needs_no_narrower_role_for_its_action_has() -> None:
    """A role that may do a thing may call the address where it is done: no right is lost on the way."""
    needed = {row["action"]: row for row in rows("actions")}
    for row in rows("routes"):
        action = needed.get(row["action"])
        if action is not None and action["roles"] not in ("any", "public"):
            assert roles_of(action["roles"]) <= roles_of(row["roles"]), row
