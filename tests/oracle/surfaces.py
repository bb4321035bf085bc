"""Addresses (T-6), in the order of P-2, and those that ask for a key (T-6b)."""

from __future__ import annotations

import re
from datetime import timedelta

from .acting import has_purpose, live, roles, session_valid
from .clauses import may
from .reading import reads, sides_of
from .tables import ROUTES, STEP_UP, VERBS, Row, action_row, role_set
from .terms import Agent, Answer, Contact, DealPoint, Object, Page, Session, World
from .working import cell

# An address that names an object; a tile of the map is none.
NAMED = re.compile("<uuid:|<int:number>")
# These ask one action for both methods, yet others than its `who` read there (P-26, P-63, P-141): a GET only reads.
READ_BY_GET = frozenset({"judgement-page", "agreement-page", "opinion-page"})
# The two verbs that lead a point to ACTIVE, and from where (after the table of verbs).
POINT_VERBS = {
    "confirmer": frozenset({"REPORTED", "TO_VERIFY", "REOCCUPIED"}),
    "reprendre": frozenset({"TARGETED", "DISRUPTED"}),
}

# A key shown longer ago than this is asked for again (P-97); a clock may be ahead by so much (P-5).
FRESH, GRANTED = timedelta(minutes=5), timedelta(minutes=2)


def asks_key(route: str, method: str, verb: str) -> bool:
    """Say whether what is sent to an address, or read there, wants a key shown just now (T-6b)."""
    words = STEP_UP.get(route, frozenset())
    if method == "POST":
        return "all" in words or verb in words
    return "GET" in words


def key_shown(world: World, session: Session | None) -> bool:
    """Say whether a key was shown under this session within five minutes, at a moment that has come (P-97)."""
    if session is None or session.proven_at is None:
        return session is None
    return -GRANTED <= world.now - session.proven_at <= FRESH


def _before(world: World, agent: Agent | None, route: Row, session: Session | None) -> Answer:
    if route["roles"] == "public":
        return "yes"
    # P-105: the key of a tool opens it, and no session does.
    if route["roles"] == "tool":
        return "signin"
    if agent is None or not live(world, agent) or (session is not None and not session_valid(world, agent, session)):
        return "signin"
    if route["purpose"] == "yes" and not has_purpose(world, agent):
        return "purpose"
    return "yes" if roles(world, agent) & role_set(route["roles"]) else "forbidden"


def _of_contact(world: World, agent: Agent, contact: Object, action: str, other: object) -> Answer:
    if not isinstance(contact, Contact):
        return "absent"
    sides = [one for one in sides_of(world, contact.hit) if reads(world, agent, "hit", one)]
    answers = [may(world, agent, "hit", one, action, other=other) for one in sides]
    for best in ("yes", "conflict"):
        if best in answers:
            return "yes" if best == "yes" else "conflict"
    # The record of a side for which he speaks, and which he does not read (P-60).
    return "absent" if "absent" in answers else "forbidden"


def opens(
    world: World,
    agent: Agent | None,
    route: str,
    method: str,
    obj: Object | None = None,
    *,
    verb: str = "",
    session: Session | None = None,
    other: object = None,
) -> Answer:
    """Answer a request to an address of T-6, in the order of P-2; without a key shown it is refused (P-97)."""
    said = _answered(world, agent, route, method, obj, (verb, session, other))
    stale = asks_key(route, method, verb) and not key_shown(world, session)
    return "forbidden" if said == "yes" and stale else said


def _answered(
    world: World,
    agent: Agent | None,
    route: str,
    method: str,
    obj: Object | None,
    asked: tuple[str, Session | None, object],
) -> Answer:
    verb, session, other = asked
    row = ROUTES.get(route)
    if row is None:
        return "absent"
    first = _before(world, agent, row, session)
    if first != "yes":
        return first
    if method not in row["methods"].split():
        return "method"
    if agent is None or row["roles"] == "public":
        return "yes"
    kind, action, to = row["object"], row["action"], None
    if action == "verb":
        found = VERBS.get((route, verb))
        if found is None:
            return "absent"
        action, to = found["action"], None if found["to"] == "-" else found["to"]
        if verb in POINT_VERBS and isinstance(obj, DealPoint) and reads(world, agent, kind, obj):
            return _to_active(world, agent, obj, POINT_VERBS[verb])
    if method != "POST" and route in READ_BY_GET:
        action = "read"
    return _on_object(world, agent, row, obj, (kind, action, to, other))


def _to_active(world: World, agent: Agent, point: DealPoint, states: frozenset[str]) -> Answer:
    if not cell(world, agent, point):
        return "forbidden"
    return "yes" if point.state in states else "conflict"


def _of_a_page(action: str, kind: str) -> bool:
    """Say whether the action asks for more than the route, though no one object is named (P-131)."""
    row = action_row(action, kind)
    return row is not None and row["object"] == "page"


def _on_object(
    world: World, agent: Agent, row: Row, obj: Object | None, wanted: tuple[str, str, str | None, object]
) -> Answer:
    kind, action, to, other = wanted
    if obj is None and (NAMED.search(row["address"]) or row["route"] == "dealpoint-new"):
        return "absent"
    if obj is None or kind == "page":
        if kind not in ("page", "figure") and not _of_a_page(action, kind):
            return "yes"
        return may(world, agent, kind, obj or Page(), action, to=to, other=other)
    if not reads(world, agent, kind, obj):
        return "absent"
    if kind == "contact" and action_row(action, kind) is None and action_row(action, "hit") is not None:
        return _of_contact(world, agent, obj, action, other)
    return may(world, agent, kind, obj, action, to=to, other=other)
