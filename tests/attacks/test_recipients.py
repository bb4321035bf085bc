"""What was released stays released through a correction, is suspended by silence and by H3, and is never forged."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from recoupe.access import context, feed
from recoupe.access.enums import Role
from recoupe.crosscheck import actions
from recoupe.crosscheck.models import HitSide
from recoupe.intelligence.actions import correct, end_silences, mark_silent, triage
from recoupe.intelligence.models import Report, ReportVersion
from recoupe.kernel.refusal import Absent, Refused
from tests.attacks.injected import stopped
from tests.crosscheck.scene import Scene, entry, new_phone
from tests.world import TestAgent


@pytest.fixture(scope="module")
def holder(scene: Scene) -> TestAgent:
    return scene.who(Role.UNIT_HEAD, "DED13")


@pytest.fixture(
    scope="module", params=[(Role.INVESTIGATOR, "PJ13"), (Role.CROSS_ANALYST, "CROSS69")], ids=["unit", "cell"]
)
def asker(scene: Scene, request: pytest.FixtureRequest) -> TestAgent:
    return scene.who(*request.param)


@pytest.fixture
def released(scene: Scene, holder: TestAgent, asker: TestAgent) -> tuple[UUID, str]:
    """(report, number) of a report that the asker reads by a release alone."""
    phone = new_phone()
    held = scene.enter(holder, phone=phone)
    asked = scene.enter(asker, phone=phone)
    scene.pull()
    with scene.world.acting(asker) as agent:
        actions.open_contact(by=agent, side=HitSide.objects.get(record_id=asked))
    side = scene.side(holder, held)
    with scene.world.acting(holder) as agent:
        actions.release_record(by=agent, side=side, recipient=asker.unit_id, reason="même réseau")
    assert reads(scene, asker, held)
    return held, phone


def reads(scene: Scene, who: TestAgent, report: UUID) -> bool:
    with scene.world.acting(who):
        listed = report in [row.id for row in feed.page("report", limit=200)]
        assert listed == Report.objects.filter(id=report).exists()
        return listed


def keys(scene: Scene, report: UUID) -> list[int]:
    [(found,)] = scene.world.sql("SELECT readers FROM intelligence_report WHERE id = %s", [report])
    return sorted(found)


def silence(scene: Scene, holder: TestAgent, report: UUID, until: date | None) -> None:
    with scene.world.acting(holder) as agent:
        mark_silent(by=agent, report=Report.objects.get(id=report), until=until, reason="opération en cours")


def test_a_correction_keeps_those_to_whom_it_was_released(
    scene: Scene, holder: TestAgent, asker: TestAgent, released: tuple[UUID, str]
) -> None:
    report, phone = released
    for handling, expected in (("H0", True), ("H2", True), ("H3", False), ("H0", True)):
        with scene.world.acting(holder) as agent:
            said = entry(
                phone=phone,
                handling=handling,
                h3_line="both" if handling == "H3" else "",
                handling_conditions="à discuter" if handling == "H3" else "",
            )
            correct(by=agent, report=Report.objects.get(id=report), entry=said, reason="précision")
        assert reads(scene, asker, report) is expected, handling
        assert reads(scene, holder, report)


def test_silence_suspends_what_was_released_and_its_end_gives_it_back(
    scene: Scene, holder: TestAgent, asker: TestAgent, released: tuple[UUID, str]
) -> None:
    report, _ = released
    today = timezone.localdate()
    silence(scene, holder, report, today + timedelta(days=30))
    assert not reads(scene, asker, report)
    silence(scene, holder, report, None)
    assert reads(scene, asker, report)
    written = keys(scene, report)
    silence(scene, holder, report, today + timedelta(days=1))
    assert keys(scene, report) != written
    with scene.world.process("worker"), context.service("worker", "tests"):
        end_silences(today=today + timedelta(days=2))
    assert reads(scene, asker, report)
    # The database computed them by the rule of the actions.
    assert keys(scene, report) == written


def test_nobody_enters_a_disclosure_by_hand(
    scene: Scene, holder: TestAgent, asker: TestAgent, released: tuple[UUID, str]
) -> None:
    rival = scene.who(Role.INVESTIGATOR, "SR13")
    report, _ = released
    forged = (
        "INSERT INTO access_disclosure (id, record_kind, record_id, from_unit_id, to_unit_id, at, ground, handling,"
        " grading) VALUES (gen_random_uuid(), 'report', %s, %s, %s, now(), 'x', '{}', 'X4')"
    )
    for unit in (holder.unit_id, asker.unit_id):
        assert stopped(scene.world, asker, forged, report, unit, rival.unit_id)
    # Nor in his own: it is entered by the function that releases.
    assert stopped(scene.world, holder, forged, report, holder.unit_id, rival.unit_id)
    silence(scene, holder, report, None)
    assert not reads(scene, rival, report)


def test_who_was_given_a_report_is_told_to_nobody_who_names_it(
    scene: Scene, holder: TestAgent, asker: TestAgent, released: tuple[UUID, str]
) -> None:
    """F10: its readers, asked by its identifier, with any owner, state or codes, by whoever reads it or does not."""
    report, _ = released
    rival = scene.who(Role.INVESTIGATOR, "SR13")
    assert not reads(scene, rival, report)
    asked = (
        "SELECT intelligence.audience(%s, 'GRADED', NULL, %s, '{13}', '{H0}', '', false)",
        "SELECT intelligence.recipients(%s, %s)",
        "SELECT readers FROM intelligence_report WHERE id = %s AND owner_unit_id = %s",
        "SELECT to_unit_id FROM access_disclosure WHERE record_id = %s AND from_unit_id = %s",
    )
    for who in (rival, scene.who(Role.CROSS_ANALYST, "CROSS13")):
        for statement in asked:
            assert stopped(scene.world, who, statement, report, holder.unit_id), statement


def test_a_recipient_does_not_read_what_was_taken_out_before(
    scene: Scene, holder: TestAgent, asker: TestAgent, released: tuple[UUID, str]
) -> None:
    report, phone = released
    with scene.world.acting(holder) as agent:
        said = entry(phone=phone, fact_text="Texte expurgé.")
        correct(by=agent, report=Report.objects.get(id=report), entry=said, reason="détail unique retiré")
    for who, versions in ((holder, 1), (scene.who(Role.CROSS_ANALYST, "CROSS13"), 1), (asker, 0)):
        with scene.world.acting(who):
            assert ReportVersion.objects.filter(report_id=report).count() == versions


def test_a_recipient_who_acts_on_it_is_refused_with_a_sentence_and_a_stranger_meets_nothing(
    scene: Scene, asker: TestAgent, released: tuple[UUID, str]
) -> None:
    report, _ = released
    stranger = scene.world.agent(asker.roles[0], "CROSS59" if asker.roles[0] is Role.CROSS_ANALYST else "PJ59")
    for who, refusal in ((asker, Refused), (stranger, Absent)):
        with scene.world.acting(who) as agent, pytest.raises(refusal):
            triage(by=agent, report=Report(id=report))
    for who, status in ((asker, 403), (stranger, 404)):
        answer = scene.world.client(who).post(f"/renseignements/{report}/corriger/", {"reason": "x"})
        assert answer.status_code == status
