"""The contact between two services: each step, who takes it, who reads what, who it is carried to."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from recoupe.access.enums import Role
from recoupe.crosscheck import actions, queries
from recoupe.crosscheck.enums import ContactState, NoticeKind, Resolution, Voice
from recoupe.crosscheck.models import ContactThread, HitSide, Message
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


def meet(scene: Scene, holder: TestAgent, asker: TestAgent) -> tuple[HitSide, HitSide]:
    """(asker's side, holder's side) of a new hit; the holder's as its desk sees it."""
    phone = new_phone()
    held = scene.enter(holder, phone=phone)
    asked = scene.enter(asker, phone=phone)
    scene.pull()
    return scene.side(asker, asked), scene.side(holder, held)


def opened(scene: Scene, holder: TestAgent, asker: TestAgent, text: str = "") -> UUID:
    side, _ = meet(scene, holder, asker)
    with scene.world.acting(asker) as agent:
        return actions.open_contact(by=agent, side=side, text=text).id


def say(scene: Scene, who: TestAgent, thread: UUID, text: str) -> None:
    with scene.world.acting(who) as agent:
        actions.write_message(by=agent, thread=ContactThread.objects.get(id=thread), text=text)


def kinds(scene: Scene, who: TestAgent, thread: UUID) -> set[str]:
    with scene.world.acting(who) as agent:
        return {line.kind for line in notices.waiting(agent, limit=200) if line.record_id == thread}


def texts(scene: Scene, who: TestAgent, thread: UUID) -> list[str]:
    with scene.world.acting(who):
        return list(Message.objects.filter(thread_id=thread).order_by("at").values_list("text", flat=True))


def test_asking_tells_the_other_side_with_a_term_and_lists_it_for_both(
    scene: Scene, police: TestAgent, customs: TestAgent
) -> None:
    thread = opened(scene, customs, police)
    assert NoticeKind.CONTACT_REQUESTED in kinds(scene, customs, thread)
    assert kinds(scene, police, thread) == set()
    for who in (police, customs, scene.who(Role.CROSS_ANALYST, "CROSS13"), scene.who(Role.OFAST_ANALYST, "OFAST")):
        with scene.world.acting(who) as agent:
            (found,) = [t for t in queries.threads(agent) if t.id == thread]
            assert found.due_at and found.requested_at
            assert found.due_at - found.requested_at == timedelta(hours=48)
    with scene.world.acting(scene.who(Role.INVESTIGATOR, "PJ69")) as agent:
        assert thread not in [t.id for t in queries.threads(agent)]
        with pytest.raises(Absent):
            queries.thread(agent, thread)


def test_every_step_is_in_the_journal_with_its_actor(scene: Scene, police: TestAgent, customs: TestAgent) -> None:
    thread = opened(scene, customs, police, text="Pouvez-vous rappeler notre permanence ?")
    say(scene, customs, thread, "Nous rappelons ce soir.")
    with scene.world.acting(police) as agent:
        found = ContactThread.objects.get(id=thread)
        actions.propose_resolution(by=agent, thread=found, resolution=Resolution.SAME_NETWORK)
    with scene.world.acting(customs) as agent:
        actions.accept_resolution(by=agent, thread=ContactThread.objects.get(id=thread))
    steps = [(e[0], e[1]) for e in scene.world.journal() if f"contact:{thread}" in e[2]]
    assert steps == [
        ("modify", police.id),
        ("disclose", police.id),
        ("modify", customs.id),
        ("disclose", customs.id),
        ("modify", police.id),
        ("modify", customs.id),
    ]
    assert "permanence" not in str(scene.world.journal())


def test_what_is_written_is_read_by_the_two_and_by_nobody_else(
    scene: Scene, police: TestAgent, customs: TestAgent
) -> None:
    thread = opened(scene, customs, police, text="Bonjour")
    say(scene, customs, thread, "Bonsoir")
    for party in (police, customs, scene.who(Role.DUTY_OFFICER, "PJ13"), scene.who(Role.UNIT_HEAD, "DED13")):
        assert texts(scene, party, thread) == ["Bonjour", "Bonsoir"]
    for watcher in (
        scene.who(Role.CROSS_ANALYST, "CROSS13"),
        scene.who(Role.OFAST_ANALYST, "OFAST"),
        scene.who(Role.INVESTIGATOR, "PJ13", "colleague"),
        scene.who(Role.PROSECUTOR, "TJ13"),
        scene.who(Role.DPO, "OFAST"),
    ):
        assert texts(scene, watcher, thread) == []
    with scene.world.acting(scene.who(Role.CROSS_ANALYST, "CROSS13")) as agent:
        page = queries.thread(agent, thread)
        assert (page.voices, page.messages, page.thread.state) == ([], [], ContactState.MADE)


def test_a_message_bears_the_name_of_the_service_not_of_its_author(
    scene: Scene, police: TestAgent, customs: TestAgent
) -> None:
    thread = opened(scene, customs, police, text="Bonjour")
    with scene.world.acting(customs) as agent:
        (line,) = queries.thread(agent, thread).messages
        assert line.speaker == "Service de police judiciaire des Bouches-du-Rhône"
        assert (line.mine, line.author_id) == (False, None)
    with scene.world.acting(police) as agent:
        (line,) = queries.thread(agent, thread).messages
        assert (line.mine, line.author_id) == (True, police.id)


def test_the_relay_speaks_and_the_service_behind_it_stays_unnamed(scene: Scene, police: TestAgent) -> None:
    holder = scene.who(Role.INVESTIGATOR, "SP13")
    relay = scene.who(Role.CROSS_ANALYST, "CROSS13")
    thread = opened(scene, holder, police)
    say(scene, relay, thread, "La CROSS vous répond.")
    say(scene, holder, thread, "Et le détenteur aussi.")
    with scene.world.acting(police) as agent:
        page = queries.thread(agent, thread)
    assert {line.speaker for line in page.messages} == {"CROSS des Bouches-du-Rhône"}
    assert page.thread.holder_name == "CROSS des Bouches-du-Rhône"


def test_the_relay_of_both_says_for_whom_it_speaks(scene: Scene) -> None:
    first, second = scene.who(Role.INVESTIGATOR, "SP13"), scene.who(Role.INVESTIGATOR, "GGD13")
    relay = scene.who(Role.CROSS_ANALYST, "CROSS13")
    thread = opened(scene, first, second)
    with scene.world.acting(relay) as agent:
        found = ContactThread.objects.get(id=thread)
        assert actions.voices(agent, found) == [Voice.ASKER, Voice.HOLDER]
        with pytest.raises(Invalid):
            actions.write_message(by=agent, thread=found, text="Pour qui ?")
        actions.write_message(by=agent, thread=found, text="Pour le détenteur.", voice=Voice.HOLDER)
        assert found.state == ContactState.MADE
        # One desk may carry words for both, it settles nothing with itself (P-55).
        actions.propose_resolution(by=agent, thread=found, resolution=Resolution.COEXIST, voice=Voice.HOLDER)
        with pytest.raises(Refused):
            actions.accept_resolution(by=agent, thread=found, voice=Voice.ASKER)
    with scene.world.acting(second) as agent:
        done = actions.accept_resolution(by=agent, thread=ContactThread.objects.get(id=thread))
        assert done.state == ContactState.RESOLVED


def test_an_authority_that_is_also_the_relay_of_a_side_only_settles(scene: Scene, police: TestAgent) -> None:
    thread = opened(scene, scene.who(Role.INVESTIGATOR, "SP13"), police)
    head = scene.who(Role.CROSS_HEAD, "CROSS13")
    with scene.world.acting(police) as agent:
        found = ContactThread.objects.get(id=thread)
        actions.escalate(by=agent, thread=found, reason="Aucune réponse depuis trois jours.")
    with scene.world.acting(head) as agent:
        found = ContactThread.objects.get(id=thread)
        assert actions.voices(agent, found) == [Voice.HOLDER, Voice.ARBITER]
        with pytest.raises(Refused):
            actions.propose_resolution(by=agent, thread=found, resolution=Resolution.COEXIST, voice=Voice.HOLDER)
        with pytest.raises(Refused):
            actions.accept_resolution(by=agent, thread=found, voice=Voice.HOLDER)
        actions.settle(by=agent, thread=found, resolution=Resolution.COEXIST, reason="Les deux enquêtes se suivent.")


def test_the_answer_of_the_side_that_was_asked_is_the_contact(
    scene: Scene, police: TestAgent, customs: TestAgent
) -> None:
    thread = opened(scene, customs, police)
    say(scene, police, thread, "Toujours intéressés.")
    with scene.world.acting(police) as agent:
        found = ContactThread.objects.get(id=thread)
        assert found.state == ContactState.REQUESTED
        with pytest.raises(Refused):
            actions.make_contact(by=agent, thread=found)
    with scene.world.acting(customs) as agent:
        made = actions.make_contact(by=agent, thread=ContactThread.objects.get(id=thread))
        assert made.made_at is not None
    assert NoticeKind.CONTACT_MADE in kinds(scene, police, thread)


def test_a_resolution_needs_the_other_side(scene: Scene, police: TestAgent, customs: TestAgent) -> None:
    thread = opened(scene, customs, police)
    say(scene, customs, thread, "Parlons.")
    with scene.world.acting(customs) as agent:
        found = ContactThread.objects.get(id=thread)
        with pytest.raises(Conflict):
            actions.accept_resolution(by=agent, thread=found)
        actions.propose_resolution(by=agent, thread=found, resolution=Resolution.COEXIST)
        with pytest.raises(Refused):
            actions.accept_resolution(by=agent, thread=found)
    with scene.world.acting(police) as agent:
        done = actions.accept_resolution(by=agent, thread=ContactThread.objects.get(id=thread))
        assert (done.state, done.resolution) == (ContactState.RESOLVED, Resolution.COEXIST)
        with pytest.raises(Conflict):
            actions.write_message(by=agent, thread=done, text="Encore un mot")


def test_who_is_no_party_takes_no_step(scene: Scene, police: TestAgent, customs: TestAgent) -> None:
    side, _ = meet(scene, customs, police)
    thread = opened(scene, customs, police)
    for stranger in (
        scene.who(Role.CROSS_ANALYST, "CROSS13"),
        scene.who(Role.INVESTIGATOR, "PJ13", "colleague"),
        scene.who(Role.DUTY_OFFICER, "PJ69"),
        scene.who(Role.PROSECUTOR, "TJ13"),
    ):
        with scene.world.acting(police):
            found = ContactThread.objects.get(id=thread)
        with scene.world.acting(stranger) as agent:
            with pytest.raises(Refused):
                actions.write_message(by=agent, thread=found, text="Je passais.")
            with pytest.raises(Refused):
                actions.make_contact(by=agent, thread=found)
            with pytest.raises(Refused):
                actions.escalate(by=agent, thread=found, reason="sans raison")
            with pytest.raises((Refused, ContactThread.DoesNotExist)):
                actions.open_contact(by=agent, side=side)


def test_a_silent_record_opens_no_contact(scene: Scene, police: TestAgent) -> None:
    inspector = scene.who(Role.INVESTIGATOR, "IGPN")
    phone = new_phone()
    held = scene.enter(inspector, phone=phone)
    scene.enter(police, phone=phone)
    scene.pull()
    with scene.world.acting(inspector) as agent, pytest.raises(Conflict, match="silencieux"):
        actions.open_contact(by=agent, side=HitSide.objects.get(record_id=held))


def test_two_who_ask_at_once_open_one_contact(scene: Scene, police: TestAgent, customs: TestAgent) -> None:
    side, other = meet(scene, customs, police)
    with scene.world.acting(police) as agent:
        actions.open_contact(by=agent, side=side)
    with scene.world.acting(customs) as agent, pytest.raises(Conflict):
        actions.open_contact(by=agent, side=other)


def test_a_page_that_is_out_of_date_changes_nothing(scene: Scene, police: TestAgent, customs: TestAgent) -> None:
    thread = opened(scene, customs, police)
    with scene.world.acting(customs):
        stale = ContactThread.objects.get(id=thread)
    say(scene, customs, thread, "Bonjour")
    with scene.world.acting(customs) as agent, pytest.raises(Conflict, match="rechargez"):
        actions.make_contact(by=agent, thread=stale)


def test_a_late_contact_is_seen_by_the_cell(scene: Scene, police: TestAgent, customs: TestAgent) -> None:
    thread = opened(scene, customs, police)
    analyst = scene.who(Role.CROSS_ANALYST, "CROSS13")
    now = timezone.now()
    with scene.world.acting(analyst) as agent:
        assert thread not in [t.id for t in queries.overdue(agent, now)]
        assert thread in [t.id for t in queries.overdue(agent, now + timedelta(hours=49), limit=100)]
    with scene.world.acting(scene.who(Role.CROSS_ANALYST, "CROSS83")) as agent:
        assert thread not in [t.id for t in queries.overdue(agent, now + timedelta(hours=49), limit=100)]


@pytest.mark.parametrize("text", ["", "   ", "\u202e", "a\x00b", "x" * 4001, "\ud800"])
def test_a_bad_message_is_refused_with_its_sentence(
    scene: Scene, police: TestAgent, customs: TestAgent, text: str
) -> None:
    thread = opened(scene, customs, police)
    with scene.world.acting(police) as agent, pytest.raises(Invalid) as refused:
        actions.write_message(by=agent, thread=ContactThread.objects.get(id=thread), text=text)
    assert refused.value.field == "text"
    assert texts(scene, police, thread) == []


# --- Escalation ------------------------------------------------------------------------------------------------
def test_a_contact_climbs_to_the_prosecutor_and_each_reads_it_from_then_on(
    scene: Scene, police: TestAgent, customs: TestAgent
) -> None:
    thread = opened(scene, customs, police, text="Sans réponse depuis deux jours.")
    head = scene.who(Role.CROSS_HEAD, "CROSS13")
    office = scene.who(Role.OFAST_ANALYST, "OFAST")
    prosecutor = scene.who(Role.PROSECUTOR, "TJ13")
    other_court = scene.who(Role.PROSECUTOR, "TJ83")
    court = Unit.objects.get(code="TJ13")

    def carry(who: TestAgent, court: Unit | None = None) -> None:
        with scene.world.acting(who) as agent:
            found = ContactThread.objects.get(id=thread)
            actions.escalate(by=agent, thread=found, reason="sans réponse", court=court)

    assert texts(scene, head, thread) == []
    carry(police)
    assert len(texts(scene, head, thread)) == 2
    assert NoticeKind.ESCALATED in kinds(scene, head, thread) & kinds(scene, customs, thread)
    carry(head)
    assert len(texts(scene, office, thread)) == 3
    with pytest.raises(Invalid):
        carry(office)
    carry(office, court=court)
    assert len(texts(scene, prosecutor, thread)) == 4
    assert texts(scene, other_court, thread) == []
    with pytest.raises((Refused, ContactThread.DoesNotExist)):
        carry(other_court)
    with scene.world.acting(office) as agent, pytest.raises(Refused):
        actions.settle(
            by=agent, thread=ContactThread.objects.get(id=thread), resolution=Resolution.COEXIST, reason="trop tard"
        )
    with scene.world.acting(prosecutor) as agent:
        found = ContactThread.objects.get(id=thread)
        done = actions.settle(by=agent, thread=found, resolution=Resolution.TRANSFER, reason="au service saisi")
        assert (done.state, done.resolution) == (ContactState.RESOLVED, Resolution.TRANSFER)
    assert NoticeKind.CONTACT_RESOLVED in kinds(scene, police, thread) & kinds(scene, customs, thread)


def test_only_a_court_is_seized(scene: Scene, police: TestAgent, customs: TestAgent) -> None:
    thread = opened(scene, customs, police)
    scene.as_superuser(
        f"UPDATE crosscheck_contactthread SET state = 'ESCALATED_OFFICE' WHERE id = '{thread}'",
    )
    with scene.world.acting(police) as agent:
        found = ContactThread.objects.get(id=thread)
        for wrong in (None, Unit.objects.get(code="PJ69")):
            with pytest.raises(Invalid):
                actions.escalate(by=agent, thread=found, reason="au parquet", court=wrong)
