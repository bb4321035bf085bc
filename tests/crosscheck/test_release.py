"""Releasing a record: the holder decides, the handling sets the terms, the magistrate in charge agrees."""

from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError, connection
from django.utils import timezone

from recoupe.access import feed
from recoupe.access.enums import Capacity, Role
from recoupe.access.keys import own_key, reader_key
from recoupe.access.models import Disclosure
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.cases.enums import LegalFramework
from recoupe.cases.models import Case
from recoupe.crosscheck import actions, queries
from recoupe.crosscheck.enums import AgreementState, NoticeKind, ReleaseState
from recoupe.crosscheck.models import Agreement, ContactThread, HitSide, Release
from recoupe.intelligence.actions import mark_silent
from recoupe.intelligence.models import Report
from recoupe.kernel.refusal import Absent, Conflict, Invalid, Refused
from recoupe.notices import queries as notices
from recoupe.reference.models import Unit
from tests.crosscheck.scene import Scene, new_phone
from tests.world import TestAgent


@pytest.fixture
def police(scene: Scene) -> TestAgent:
    return scene.who(Role.INVESTIGATOR, "PJ13")


@pytest.fixture
def customs(scene: Scene) -> TestAgent:
    return scene.who(Role.INVESTIGATOR, "DED13")


def contact(scene: Scene, holder: TestAgent, asker: TestAgent, **changes: object) -> tuple[HitSide, UUID]:
    """(holder's side, thread) of a contact that the asker has opened on a record of the holder."""
    phone = new_phone()
    held = scene.enter(holder, phone=phone, **changes)
    asked = scene.enter(asker, phone=phone)
    scene.pull()
    with scene.world.acting(asker) as agent:
        thread = actions.open_contact(by=agent, side=HitSide.objects.get(record_id=asked))
    return scene.side(holder, held), thread.id


def give(scene: Scene, who: TestAgent, side: HitSide, recipient: UUID) -> Release:
    with scene.world.acting(who) as agent:
        return actions.release_record(by=agent, side=side, recipient=recipient, reason="même réseau")


def reads(scene: Scene, who: TestAgent, report: UUID) -> bool:
    with scene.world.acting(who):
        listed = report in [row.id for row in feed.page("report", limit=200)]
        assert listed == Report.objects.filter(id=report).exists()
        return listed


def test_what_is_released_is_read_by_the_recipient_and_by_nobody_more(
    scene: Scene, police: TestAgent, customs: TestAgent
) -> None:
    side, thread = contact(scene, customs, police)
    other = scene.who(Role.INVESTIGATOR, "PJ69")
    assert not reads(scene, police, side.record_id)
    release = give(scene, customs, side, police.unit_id)
    assert release.state == ReleaseState.GRANTED
    assert reads(scene, police, side.record_id)
    assert reads(scene, scene.who(Role.INVESTIGATOR, "PJ13", "colleague"), side.record_id)
    assert not reads(scene, other, side.record_id)
    assert reads(scene, customs, side.record_id)
    with scene.world.acting(police) as agent:
        told = [line.kind for line in notices.waiting(agent, limit=200) if line.record_id == thread]
        assert NoticeKind.RELEASE_GRANTED in told


def test_the_asker_s_own_record_stays_with_it(scene: Scene, police: TestAgent, customs: TestAgent) -> None:
    side, thread = contact(scene, customs, police)
    give(scene, customs, side, police.unit_id)
    with scene.world.acting(police):
        asked = HitSide.objects.get(thread_id=thread, side="asker").record_id
    assert not reads(scene, customs, asked)


def test_the_register_and_the_journal_name_record_recipient_grade_and_handling(
    scene: Scene, police: TestAgent, customs: TestAgent
) -> None:
    side, thread = contact(scene, customs, police, handling="H1")
    release = give(scene, customs, side, police.unit_id)
    assert (release.handling, release.grading, release.not_in_proceedings) == (["H1"], "B2", True)
    assert release.last_verified is not None
    for who in (police, customs):
        with scene.world.acting(who):
            line = Disclosure.objects.get(record_id=side.record_id)
            assert (line.from_unit_id, line.to_unit_id) == (customs.unit_id, police.unit_id)
            assert (line.handling, line.grading, line.ground) == (["H1"], "B2", f"contact:{thread}")
    with scene.world.acting(scene.who(Role.INVESTIGATOR, "PJ69")):
        assert not Disclosure.objects.filter(record_id=side.record_id).exists()
    entry = next(e for e in scene.world.journal("disclose") if f"report:{side.record_id}" in e[2])
    assert entry[1] == customs.id


@pytest.mark.parametrize(("handling", "marked"), [("H0", False), ("H1", True), ("H2", False), ("H1+H2", True)])
def test_the_handling_sets_the_mark(
    scene: Scene, police: TestAgent, customs: TestAgent, handling: str, marked: bool
) -> None:
    side, _ = contact(scene, customs, police, handling=handling)
    assert give(scene, customs, side, police.unit_id).not_in_proceedings is marked


def test_a_release_names_its_one_recipient(scene: Scene, police: TestAgent, customs: TestAgent) -> None:
    side, _ = contact(scene, customs, police, handling="H2")
    for wrong in (Unit.objects.get(code="PJ69").id, Unit.objects.get(code="CROSS13").id, uuid4()):
        with pytest.raises(Invalid):
            give(scene, customs, side, wrong)
    give(scene, customs, side, police.unit_id)
    assert not reads(scene, scene.who(Role.OFAST_ANALYST, "OFAST"), side.record_id)


def test_an_h3_and_a_silent_record_do_not_leave(scene: Scene, police: TestAgent, customs: TestAgent) -> None:
    restricted, _ = contact(
        scene, customs, police, handling="H3", h3_line="both", handling_conditions="à voir avec nous"
    )
    with pytest.raises(Conflict, match="H3"):
        give(scene, customs, restricted, police.unit_id)
    silent, _ = contact(scene, customs, police)
    # A past mark counts until the nightly job has taken it off.
    for days in (9, -1):
        scene.as_superuser(
            f"UPDATE intelligence_report SET silent_until = current_date + {days}, silent_reason = 'essai'"
            f" WHERE id = '{silent.record_id}'"
        )
        with pytest.raises(Conflict, match="silencieuse"):
            give(scene, customs, silent, police.unit_id)


def test_only_the_holder_releases(scene: Scene, police: TestAgent, customs: TestAgent) -> None:
    side, _ = contact(scene, customs, police)
    for stranger in (
        police,
        scene.who(Role.INVESTIGATOR, "DED13", "colleague"),
        scene.who(Role.CROSS_HEAD, "CROSS13"),
        scene.who(Role.OFAST_ANALYST, "OFAST"),
        scene.who(Role.UNIT_HEAD, "PJ69"),
    ):
        with pytest.raises((Refused, ContactThread.DoesNotExist)):
            give(scene, stranger, side, police.unit_id)
    assert not reads(scene, police, side.record_id)


def test_a_relay_does_not_release_what_it_answers_for(scene: Scene, police: TestAgent) -> None:
    holder = scene.who(Role.INVESTIGATOR, "SP13")
    side, _ = contact(scene, holder, police)
    with pytest.raises(Refused):
        give(scene, scene.who(Role.CROSS_ANALYST, "CROSS13"), side, police.unit_id)
    assert give(scene, holder, side, police.unit_id).state == ReleaseState.GRANTED


def test_before_any_contact_nothing_is_released(scene: Scene, police: TestAgent, customs: TestAgent) -> None:
    phone = new_phone()
    held = scene.enter(customs, phone=phone)
    scene.enter(police, phone=phone)
    scene.pull()
    with pytest.raises(Conflict):
        give(scene, customs, scene.side(customs, held), police.unit_id)


def test_an_act_of_existence_releases_nothing(scene: Scene, police: TestAgent, customs: TestAgent) -> None:
    side, thread = contact(scene, customs, police)
    scene.as_superuser(f"UPDATE crosscheck_contactthread SET content_allowed = false WHERE id = '{thread}'")
    with pytest.raises(Conflict, match="existence"):
        give(scene, customs, side, police.unit_id)
    with scene.world.acting(police) as agent, pytest.raises(Conflict):
        actions.request_release(by=agent, thread=ContactThread.objects.get(id=thread), reason="utile")


def test_nobody_opens_a_record_to_himself_by_the_function(scene: Scene, police: TestAgent, customs: TestAgent) -> None:
    side, thread = contact(scene, customs, police)
    with scene.world.acting(police) as agent:
        actions.request_release(by=agent, thread=ContactThread.objects.get(id=thread), reason="utile")
    forged = uuid4()
    with scene.world.acting(police), pytest.raises(DatabaseError), connection.cursor() as cursor:
        record(Operation.MODIFY, refs=[("release", forged)])
        cursor.execute(
            "INSERT INTO crosscheck_release (id, thread_id, giving_side, recipient_id, state, asked_at, decided_at,"
            " record_kind, record_id, handling, not_in_proceedings, grading)"
            " VALUES (%s, %s, 'holder', %s, 'GRANTED', now(), now(), 'report', %s, '{}', false, '')",
            [forged, thread, police.unit_id, side.record_id],
        )
        cursor.execute("SELECT crosscheck.open_report(%s::uuid)", [forged])
    assert not reads(scene, police, side.record_id)


# --- Asking, refusing, withdrawing -----------------------------------------------------------------------------
def test_one_asks_the_other_refuses_and_says_why(scene: Scene, police: TestAgent, customs: TestAgent) -> None:
    side, thread = contact(scene, customs, police)
    with scene.world.acting(police) as agent:
        found = ContactThread.objects.get(id=thread)
        actions.request_release(by=agent, thread=found, reason="même plaque sur notre surveillance")
        with pytest.raises(Conflict):
            actions.request_release(by=agent, thread=found, reason="une seconde fois")
    with scene.world.acting(customs) as agent:
        assert actions.refuse_release(by=agent, side=side, reason="enquête en cours").state == ReleaseState.REFUSED
    with scene.world.acting(police) as agent:
        page = queries.thread(agent, thread)
        assert [release.state for release in page.releases] == [ReleaseState.REFUSED]
        assert page.releases[0].record_id is None
        assert page.messages[-1].text == "enquête en cours"


def test_what_was_asked_is_withdrawn_by_the_asker_alone(scene: Scene, police: TestAgent, customs: TestAgent) -> None:
    _, thread = contact(scene, customs, police)
    with scene.world.acting(police) as agent:
        actions.request_release(by=agent, thread=ContactThread.objects.get(id=thread), reason="utile")
    with scene.world.acting(customs) as agent, pytest.raises(Conflict):
        actions.withdraw_release(by=agent, thread=ContactThread.objects.get(id=thread))
    with scene.world.acting(police) as agent:
        done = actions.withdraw_release(by=agent, thread=ContactThread.objects.get(id=thread))
        assert done.state == ReleaseState.WITHDRAWN


# --- The magistrate in charge (S-6) ----------------------------------------------------------------------------
@pytest.fixture
def prosecutor(scene: Scene) -> TestAgent:
    return scene.who(Role.PROSECUTOR, "TJ13")


def open_case(scene: Scene, unit: TestAgent, magistrate: TestAgent) -> UUID:
    """A procedure of a unit under a magistrate."""
    with scene.world.acting(unit):
        made = Case(
            owner_unit_id=unit.unit_id,
            readers=[reader_key(unit.unit_id, Capacity.UNIT), own_key(magistrate.id, magistrate.unit_id)],
            number=f"2026/{uuid4().hex[:6]}",
            court=Unit.objects.get(code="TJ13"),
            magistrate_id=magistrate.id,
            legal_framework=LegalFramework.PRELIMINARY,
            opened_on=date(2026, 1, 5),
        )
        record(Operation.COLLECT, refs=[("case", made.id)])
        made.save(force_insert=True)
        return made.id


def judicial(scene: Scene, customs: TestAgent, police: TestAgent, prosecutor: TestAgent) -> tuple[HitSide, UUID]:
    case = open_case(scene, customs, prosecutor)
    return contact(scene, customs, police, frame="judicial", case_id=case)


def test_a_judicial_report_is_made_silent_like_any_other(
    scene: Scene, police: TestAgent, customs: TestAgent, prosecutor: TestAgent
) -> None:
    """What it may not do is leave its procedure (S-6)."""
    side, _ = judicial(scene, customs, police, prosecutor)
    until = timezone.localdate() + timedelta(days=30)
    with scene.world.acting(scene.who(Role.UNIT_HEAD, "DED13")) as agent:
        found = Report.objects.get(id=side.record_id)
        mark_silent(by=agent, report=found, until=until, reason="opération en cours")
    told = "SELECT silent_until, frame FROM intelligence_report WHERE id = %s"
    assert scene.world.sql(told, [side.record_id]) == [(until, "judicial")]


def asked_of(scene: Scene, prosecutor: TestAgent, side: HitSide) -> Agreement:
    with scene.world.acting(prosecutor) as agent:
        return next(a for a in queries.agreements(agent, limit=100) if a.record_id == side.record_id)


def test_a_judicial_record_waits_for_its_magistrate_and_leaves_after(
    scene: Scene, police: TestAgent, customs: TestAgent, prosecutor: TestAgent
) -> None:
    side, thread = judicial(scene, customs, police, prosecutor)
    assert give(scene, customs, side, police.unit_id).state == ReleaseState.AWAITING_MAGISTRATE
    assert not reads(scene, police, side.record_id)
    with pytest.raises(Conflict):
        give(scene, customs, side, police.unit_id)
    agreement = asked_of(scene, prosecutor, side)
    assert agreement.recipient_name == "Service de police judiciaire des Bouches-du-Rhône"
    with scene.world.acting(police) as agent:
        assert [r.state for r in queries.thread(agent, thread).releases] == [ReleaseState.AWAITING_MAGISTRATE]
        with pytest.raises(Absent):
            queries.agreement(agent, agreement.id)
    with scene.world.acting(prosecutor) as agent:
        actions.answer_agreement(by=agent, agreement=agreement, agreed=True)
    with scene.world.acting(customs) as agent:
        told = {line.kind for line in notices.waiting(agent, limit=200) if line.record_id == agreement.id}
        assert told == {NoticeKind.AGREEMENT_ANSWERED}
    assert not reads(scene, police, side.record_id)
    assert give(scene, customs, side, police.unit_id).state == ReleaseState.GRANTED
    assert reads(scene, police, side.record_id)


def test_the_agreement_of_a_magistrate_no_longer_in_charge_lets_nothing_leave(
    scene: Scene, police: TestAgent, customs: TestAgent, prosecutor: TestAgent
) -> None:
    """P-61: neither by the page nor by the function that opens the record."""
    side, _ = judicial(scene, customs, police, prosecutor)
    give(scene, customs, side, police.unit_id)
    agreement = asked_of(scene, prosecutor, side)
    with scene.world.acting(prosecutor) as agent:
        actions.answer_agreement(by=agent, agreement=agreement, agreed=True)
    other = scene.who(Role.PROSECUTOR, "TJ13", "successor")
    scene.as_superuser(f"UPDATE cases_case SET magistrate_id = '{other.id}' WHERE id = '{agreement.case_id}'")
    with pytest.raises(Conflict, match="magistrat"):
        give(scene, customs, side, police.unit_id)
    with scene.world.acting(customs), pytest.raises(DatabaseError, match="has not agreed"):
        release = Release.objects.get(id=agreement.release_id)
        record(Operation.DISCLOSE, refs=[("report", side.record_id)], recipient=police.unit_id)
        Release.objects.filter(id=release.id).update(
            state=ReleaseState.GRANTED, record_kind="report", record_id=side.record_id, decided_at=timezone.now()
        )
        with connection.cursor() as cursor:
            cursor.execute("SELECT crosscheck.open_report(%s::uuid)", [release.id])
    assert not reads(scene, police, side.record_id)


def test_silence_takes_the_line_of_the_register_from_who_received(
    scene: Scene, police: TestAgent, customs: TestAgent
) -> None:
    side, _ = contact(scene, customs, police)
    give(scene, customs, side, police.unit_id)

    def lines(who: TestAgent) -> int:
        with scene.world.acting(who):
            return Disclosure.objects.filter(record_id=side.record_id).count()

    assert (lines(customs), lines(police)) == (1, 1)
    with scene.world.acting(scene.who(Role.UNIT_HEAD, "DED13")) as head:
        until = timezone.localdate() + timedelta(days=20)
        mark_silent(by=head, report=Report.objects.get(id=side.record_id), until=until, reason="opération en cours")
    assert (lines(customs), lines(police)) == (1, 0)
    assert lines(scene.who(Role.DUTY_OFFICER, "DED13")) == 0
    with scene.world.acting(scene.who(Role.UNIT_HEAD, "DED13")) as head:
        mark_silent(by=head, report=Report.objects.get(id=side.record_id), until=None, reason="opération terminée")
    assert lines(police) == 1
    assert reads(scene, police, side.record_id)


def test_the_magistrate_refuses_and_the_communication_is_closed(
    scene: Scene, police: TestAgent, customs: TestAgent, prosecutor: TestAgent
) -> None:
    side, thread = judicial(scene, customs, police, prosecutor)
    give(scene, customs, side, police.unit_id)
    agreement = asked_of(scene, prosecutor, side)
    with scene.world.acting(prosecutor) as agent:
        with pytest.raises(Invalid):
            actions.answer_agreement(by=agent, agreement=agreement, agreed=False)
        actions.answer_agreement(by=agent, agreement=agreement, agreed=False, reason="secret de l'enquête")
        with pytest.raises(Conflict):
            actions.answer_agreement(by=agent, agreement=agreement, agreed=True)
    with scene.world.acting(police) as agent:
        assert [r.state for r in queries.thread(agent, thread).releases] == [ReleaseState.REFUSED]
    assert not reads(scene, police, side.record_id)


def test_another_magistrate_of_the_same_court_does_not_agree(
    scene: Scene, police: TestAgent, customs: TestAgent, prosecutor: TestAgent
) -> None:
    side, _ = judicial(scene, customs, police, prosecutor)
    give(scene, customs, side, police.unit_id)
    agreement = asked_of(scene, prosecutor, side)
    for wrong in (scene.who(Role.PROSECUTOR, "TJ13", "second"), scene.who(Role.EXAMINING_JUDGE, "TJ13"), customs):
        with scene.world.acting(wrong) as agent, pytest.raises(Refused):
            actions.answer_agreement(by=agent, agreement=agreement, agreed=True)


def test_the_holder_cannot_write_the_agreement_himself(
    scene: Scene, police: TestAgent, customs: TestAgent, prosecutor: TestAgent
) -> None:
    side, _ = judicial(scene, customs, police, prosecutor)
    give(scene, customs, side, police.unit_id)
    with pytest.raises(DatabaseError, match="row-level security"), scene.world.acting(customs):
        record(Operation.MODIFY, refs=[("agreement", side.id)])
        Agreement.objects.filter(record_id=side.record_id).update(state=AgreementState.AGREED)
    assert asked_of(scene, prosecutor, side).state == AgreementState.ASKED


def test_without_the_agreement_the_database_itself_opens_nothing(
    scene: Scene, police: TestAgent, customs: TestAgent, prosecutor: TestAgent
) -> None:
    side, _ = judicial(scene, customs, police, prosecutor)
    release = give(scene, customs, side, police.unit_id)
    with pytest.raises(DatabaseError, match="has not agreed"), scene.world.acting(customs):
        record(Operation.MODIFY, refs=[("release", release.id)])
        Release.objects.filter(id=release.id).update(
            state=ReleaseState.GRANTED, decided_at=release.asked_at, record_kind="report", record_id=side.record_id
        )
        with connection.cursor() as cursor:
            cursor.execute("SELECT crosscheck.open_report(%s::uuid)", [release.id])
    assert not reads(scene, police, side.record_id)
