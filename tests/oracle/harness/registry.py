"""Registrations and planned events of the random world: asked for, decided on and changed by whom the product lets."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from recoupe.access.enums import Role
from recoupe.cases.models import Case
from recoupe.crosscheck import actions as crosscheck
from recoupe.deconfliction.actions import drain
from recoupe.operations import actions as operations
from recoupe.operations.enums import EventState
from recoupe.operations.models import Event
from recoupe.operations.placing import Stop
from recoupe.operations.presence import actions as ledger
from recoupe.targets import actions as targets
from recoupe.targets.models import RegisteredTarget
from recoupe.targets.rules import Entry
from tests.oracle.harness.lives import AUTHORS, WHY, Lives

R = Role
# A person of age, one of no known age, and a minor (P-124).
BORN = (date(1988, 4, 2), None, date(timezone.localdate().year - 15, 1, 5))
# Four in five are seen by the manager; of those some are registered, refused, ended.
STEPS = ("", "checked", "registered", "registered", "refused", "ended")
# They meet one another by it, and no report.
SHARED = "0639938999"
SERVICES = ("PJ13", "SR13", "DED13", "PJ69", "CROSS13", "PJ59")
# Where each of them patrols.
COMMUNES = ("13055", "13055", "13055", "69123", "13055", "59350")


def registrations(lives: Lives) -> None:
    """Some under each procedure, in every state that a hand can bring them to."""
    for case in lives.cases:
        for born, step in zip(BORN * 2, STEPS, strict=True):
            entry = Entry(
                f"Zqf{lives.token()}", ("CP 222-37",), first_names=f"Zqg{lives.token()}", nickname=lives.token(),
                birth_date=born, birth_place=lives.token(), addresses=(lives.token(),),
                investigator_name=lives.token(), phones=(SHARED,),
            )  # fmt: skip
            made = lives.some_try(
                lives.of(R.INVESTIGATOR, R.UNIT_HEAD),
                "target",
                lambda a, c=case.id, e=entry: targets.request_target(by=a, case=Case.objects.get(pk=c), entry=e),
                99,
            )
            if made is not None:
                _decide(lives, made.id, step)


def _decide(lives: Lives, made: UUID, step: str) -> None:
    managers, unit = lives.of(R.REGISTRY_MANAGER), lives.of(R.INVESTIGATOR, R.UNIT_HEAD)

    def act(name: str, who: list[Any], call: Any) -> None:
        lives.some_try(who, name, lambda a: call(by=a, target=RegisteredTarget.objects.get(pk=made)), 99)

    if step in ("checked", "registered"):
        act("check target", managers, _seen)
    if step == "registered":
        act("register target", managers, targets.register)
    if step == "refused":
        act("refuse target", managers, lambda **kw: targets.refuse(reason=f"refus {lives.token()}", **kw))
    if step == "ended":
        act("end target", unit, lambda **kw: targets.end(reason=f"fin {lives.token()}", **kw))


def _seen(**asked: Any) -> RegisteredTarget:
    return targets.check_target(procedure=True, article=True, designation=True, **asked)


# Rows alone, on the contacts of reports that there are, in states that no hand here brings them to.
SETTLED = """DO $$ BEGIN SET LOCAL session_replication_role = replica;
    INSERT INTO deconfliction_settlement
        (id, hit_id, thread_id, state, state_since, steps, lead, proposed_by, at, carried_at)
    SELECT gen_random_uuid(), t.hit_id, t.id, CASE WHEN t.n & 1 = 0 THEN 'OPEN' ELSE 'ARBITRATION' END, now(), 1,
           '', '', now(), CASE WHEN t.n & 1 = 1 THEN now() END
      FROM (SELECT c.id, c.hit_id, row_number() OVER (ORDER BY c.at, c.id) AS n FROM crosscheck_contactthread c) t;
    INSERT INTO deconfliction_settlementstep
        (id, settlement_id, step, at, doer, side, from_state, to_state, lead, reason)
    SELECT gen_random_uuid(), s.id, 1, now(), 'side', 'asker', 'OPEN', s.state, '', ''
      FROM deconfliction_settlement s;
    INSERT INTO deconfliction_opinion (id, settlement_id, step, case_id, magistrate_id, court_id, other_court_id,
        lead, proposal, asked_at, state, reason)
    SELECT gen_random_uuid(), s.id, 1, c.id, c.magistrate_id, c.court_id, c.court_id, 'joint', '', now(), 'ASKED', ''
      FROM cases_case c CROSS JOIN (SELECT id FROM deconfliction_settlement
                                     WHERE carried_at IS NOT NULL ORDER BY id LIMIT 1) s;
END $$"""


def settlements(lives: Lives) -> None:
    """Conflicts, carried and not, and what magistrates are asked: who reads them is compared, not how they came."""
    lives.house.sql(SETTLED)


def events(lives: Lives) -> None:
    """Of several services, in every state, all at one place and hour: those that are live meet."""
    noon = (timezone.localtime() + timedelta(days=3)).replace(hour=12, minute=0, second=0, microsecond=0, tzinfo=None)
    states = (None, EventState.CANCELLED, EventState.UNDER_WAY)
    for service in SERVICES:
        for to in states:
            entry = _surveillance(lives, noon)
            made = lives.some_try(
                lives.of(*AUTHORS, units=(service,)), "event", lambda a, e=entry: operations.enter(by=a, entry=e), 9
            )
            if made is not None and to is not None:
                lives.some_try(lives.of(*AUTHORS, units=(service,)), "move event", lambda a, i=made.id, s=to: (
                    operations.move(by=a, event=Event.objects.get(pk=i), to=s, reason=WHY)), 9)  # fmt: skip


def presences(lives: Lives) -> None:
    """Lines of the ledger of several services, some of them corrected or withdrawn."""
    day = timezone.localdate() - timedelta(days=2)
    for service, commune in zip(SERVICES, COMMUNES, strict=True):
        for n, then in enumerate((None, "correct", "withdraw")):
            entry = ledger.Entry(lives.token(), commune, day, time(8 + 2 * n), time(9 + 2 * n), 2, "random", 3, 1)
            made = lives.some_try(
                lives.of(*AUTHORS, units=(service,)), "presence", lambda a, e=entry: ledger.enter(by=a, entry=e), 9
            )
            if made is None or then is None:
                continue
            known: dict[str, Any] = {"line": made.line, "reason": WHY, "step": 1}
            if then == "correct":
                known["entry"] = replace(entry, staff=3)
            act = getattr(ledger, then)
            lives.some_try(
                lives.of(*AUTHORS, units=(service,)), f"{then} presence", lambda a, k=known, f=act: f(by=a, **k), 9
            )


def compared(lives: Lives) -> None:
    """The matcher compares both: sides whose record is a registration or an event, conflicts to settle, dangers."""
    with lives.house.process("matcher"):
        while crosscheck.pull_targets().records:
            pass
        crosscheck.settle_targets()
        while drain():
            pass


def _surveillance(lives: Lives, noon: datetime) -> operations.EventEntry:
    return operations.EventEntry(
        kind="surveillance", shape="point", stops=(Stop("13055", 5.3698, 43.2965),),
        windows=((noon, noon + timedelta(hours=2)),), radius_m=100, armed=True, label=lives.token(),
    )  # fmt: skip
