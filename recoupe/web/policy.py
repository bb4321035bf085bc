"""What each address demands; an address without a declared policy stops the start-up (R-33)."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from django.core.exceptions import ImproperlyConfigured
from django.http import HttpResponseBase
from django.urls import URLPattern, URLResolver, get_resolver

from recoupe.access.enums import Role
from recoupe.kernel.refusal import gettext_noop

View = TypeVar("View", bound=Callable[..., HttpResponseBase])
EVERYONE = frozenset(Role)
AUTHORITY = frozenset({Role.DESIGNATING_AUTHORITY})
HEADS = frozenset({Role.UNIT_HEAD, Role.CROSS_HEAD})
# What an address says of a verb that it does not know.
UNKNOWN_VERB = gettext_noop("Cette action n'existe pas.")
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
# All that an address changes, whatever its verb.
EVERY = frozenset({"*"})
# What an address that is only read takes out of the house: a paper, a file.
TAKEN_OUT = frozenset({"GET"})


@dataclass(frozen=True, slots=True)
class Policy:
    """Who may call a view (empty: nobody signed in is needed) and whether a purpose must be declared first."""

    roles: frozenset[Role]
    purpose: bool = True
    # Whether the key of a service's own tool opens it as well as a session.
    tools: bool = False
    # Whether its view opens the context of a tool itself, once for each block that it writes.
    blocks: bool = False
    # Whether a session opens it: an address of tools alone takes no cookie, and so no form's token either.
    sessions: bool = True
    # What is asked of it only by an agent who has just shown his key: verbs of the address, or all that it changes.
    step_up: frozenset[str] = frozenset()
    # Whether a page asks for it again by itself: that is nobody's activity.
    polled: bool = False

    @property
    def public(self) -> bool:
        """Whether the view is served without a session, outside any acting context."""
        return not self.roles and not self.tools

    def wants_key(self, method: str, verb: str) -> bool:
        """Whether the key must have been shown just before what this request changes, or takes out of the house."""
        if method in SAFE:
            return method != "OPTIONS" and self.step_up >= TAKEN_OUT
        return self.step_up == EVERY or verb in self.step_up


def policy(
    *,
    roles: Iterable[Role],
    purpose: bool = True,
    tools: bool = False,
    step_up: Iterable[str] = (),
    polled: bool = False,
) -> Callable[[View], View]:
    """Declare the policy of a view; the object's own rule stays with its room's permissions.

    A name that is no role (F4), or none at all, stops the start-up: it would open a page to nobody, or to everybody.
    """
    named = list(roles)
    unknown = [role for role in named if not isinstance(role, Role)]
    if unknown or not named:
        raise ImproperlyConfigured(f"a policy names roles, and only roles: {unknown or 'none'}")

    def declare(view: View) -> View:
        view.policy = Policy(  # type: ignore[attr-defined]
            frozenset(named), purpose, tools, step_up=frozenset(step_up), polled=polled
        )
        return view

    return declare


def tool_policy(view: View) -> View:
    """A view that the key of a tool alone opens: no session, no role."""
    view.policy = Policy(frozenset(), purpose=False, tools=True, sessions=False)  # type: ignore[attr-defined]
    return view


def tool_blocks(view: View) -> View:
    """The same for a view that writes in more than one transaction: it opens each by `request.block`."""
    view.policy = Policy(  # type: ignore[attr-defined]
        frozenset(), purpose=False, tools=True, sessions=False, blocks=True
    )
    return view


def public(view: View) -> View:
    """A view that needs no session: readiness, language."""
    view.policy = Policy(frozenset(), purpose=False)  # type: ignore[attr-defined]
    return view


def policy_of(view: Callable[..., Any]) -> Policy | None:
    """The declared policy of a view, if it has one."""
    found = getattr(view, "policy", None)
    return found if isinstance(found, Policy) else None


def routes(patterns: Iterable[URLPattern | URLResolver] | None = None, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every (address, view) that this process serves."""
    for entry in get_resolver().url_patterns if patterns is None else patterns:
        address = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from routes(entry.url_patterns, address)
        else:
            yield address, entry.callback


def demand_policies() -> None:
    """Refuse to start while a route says nothing about who may call it."""
    undeclared = [address for address, view in routes() if policy_of(view) is None]
    if undeclared:
        raise ImproperlyConfigured(f"routes without a declared policy: {', '.join(undeclared)}")
