"""Reminders outside the application: a digest and a calendar that say when and never what, for what one still reads."""

import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from uuid import UUID

import icalendar
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.db import DatabaseError, connection
from django.utils import timezone
from pytest_django import Settings

from recoupe.access.context import service
from recoupe.access.enums import Capacity, Role
from recoupe.access.keys import own_key, reader_key
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.kernel.refusal import Invalid
from recoupe.notices import actions, calendar, digests, reminding
from recoupe.notices.calendar import PARIS, Term, Words
from recoupe.notices.rules import USUAL, Quiet, checked_address, checked_quiet
from tests.crosscheck.scene import Scene
from tests.world import TestAgent, World

NONE = Quiet(time(0), time(0))
WORDS = Words("Recoupe : mes échéances", "Échéance; dans, Recoupe")


@dataclass
class Postbox:
    """A mail server that keeps what it takes, and refuses whom it is told to."""

    taken: list[EmailMessage] = field(default_factory=list)
    refusing: dict[str, str] = field(default_factory=dict)

    async def handle_RCPT(  # noqa: N802 - the library's own name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address in self.refusing:
            return self.refusing[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        self.taken.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"

    def to(self, address: str) -> list[EmailMessage]:
        return [one for one in self.taken if one["To"] == address]


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture
def postbox(settings: Settings) -> Iterator[Postbox]:
    box = Postbox()
    settings.MAIL_HOST, settings.MAIL_PORT, settings.MAIL_FROM = "127.0.0.1", free_port(), "recoupe@exemple.gouv.fr"
    server = Controller(box, hostname=settings.MAIL_HOST, port=settings.MAIL_PORT)
    server.start()
    yield box
    server.stop()


@pytest.fixture(scope="module")
def scene(world: World) -> Scene:
    return Scene(world)


def waits(scene: Scene, who: TestAgent, due: datetime | None = None) -> UUID:
    """A report that the agent reads, of which a notice waits for him."""
    author = scene.who(Role.INVESTIGATOR, "PJ13")
    report = scene.enter(author)
    with scene.world.process("matcher"), service("matcher", "tests"):
        record(Operation.MODIFY, refs=[("report", report)])
        actions.notify([own_key(who.id, who.unit_id)], "report_to_read", ("report", report), due)
    return report


def asks(world: World, who: TestAgent, address: str, quiet: Quiet = NONE) -> None:
    with world.acting(who) as agent:
        reminding.save(by=agent, address=address, quiet=quiet)


def sent(world: World, now: datetime | None = None) -> int:
    with world.process("worker"):
        return digests.send(now or timezone.now())


@pytest.fixture(autouse=True)
def _nobody_yet(world: World) -> None:
    world.sql("SET session_replication_role = replica; DELETE FROM notices_reminder")


def officer(world: World) -> TestAgent:
    """A colleague of the reports' author: he reads them, and no triage waits for him."""
    return world.agent(Role.INVESTIGATOR, "PJ13")


def address_in(page: str) -> str:
    found = re.search(r"/calendrier/[\w-]{40,}\.ics", page)
    assert found
    return found[0]


def hidden(world: World, report: UUID) -> None:
    """Nobody but its own unit's heads reads it any more."""
    key = reader_key(report, Capacity.HEAD)
    world.sql(
        "SET session_replication_role = replica;"
        f" UPDATE intelligence_report SET readers = ARRAY[{key}]::bigint[] WHERE id = '{report}'"
    )


def test_a_digest_says_that_something_waits_and_never_what(world: World, scene: Scene, postbox: Postbox) -> None:
    who = officer(world)
    report = waits(scene, who)
    asks(world, who, "A.Martin@Interieur.gouv.fr")
    assert sent(world) == 1
    [message] = postbox.to("a.martin@interieur.gouv.fr")
    told = f"{message}{message.get_content()}"
    [(ref, text)] = world.sql("SELECT ref, fact_text FROM intelligence_report WHERE id = %s", [report])
    for secret in (str(report), ref, text, "13055", "Marseille", str(who.id), "report"):
        assert secret not in told
    assert "Des éléments vous attendent dans Recoupe." in told
    assert "Une échéance" not in told
    assert (None, [f"agent:{who.id}"], {"what": "digest_sent"}) in [row[1:] for row in world.journal("modify")]


def test_one_a_day_and_only_for_something_new(world: World, scene: Scene, postbox: Postbox) -> None:
    who, address = officer(world), "un@gouv.fr"
    asks(world, who, address)
    assert sent(world) == 0
    waits(scene, who)
    assert (sent(world), sent(world)) == (1, 0)
    world.sql(
        "SET session_replication_role = replica; UPDATE notices_reminder SET sent_at = sent_at - interval '1 day'"
    )
    world.sql(
        "SET session_replication_role = replica; UPDATE notices_notice SET at = at - interval '2 days'"
        f" WHERE key = {own_key(who.id, who.unit_id)}"
    )
    assert sent(world) == 0
    waits(scene, who, due=timezone.now() + timedelta(hours=3))
    assert sent(world) == 1
    assert ["Une échéance" in one.get_content() for one in postbox.to(address)] == [False, True]


def test_a_server_that_is_down_loses_nothing_and_doubles_nothing(
    world: World, scene: Scene, settings: Settings
) -> None:
    people = [officer(world), officer(world)]
    for n, who in enumerate(people):
        waits(scene, who)
        asks(world, who, f"panne{n}@gouv.fr")
    settings.MAIL_HOST, settings.MAIL_PORT, settings.MAIL_FROM = "127.0.0.1", free_port(), "recoupe@exemple.gouv.fr"
    assert [sent(world), sent(world)] == [0, 0]
    box = Postbox(refusing={"panne1@gouv.fr": "451 plus tard"})
    server = Controller(box, hostname=settings.MAIL_HOST, port=settings.MAIL_PORT)
    server.start()
    try:
        assert sent(world) == 1
        box.refusing.clear()
        assert (sent(world), sent(world)) == (1, 0)
    finally:
        server.stop()
    assert [len(box.to(f"panne{n}@gouv.fr")) for n in range(2)] == [1, 1]


def test_a_message_that_goes_twice_is_known_again(
    world: World, scene: Scene, postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = officer(world)
    waits(scene, who)
    asks(world, who, "deux@gouv.fr")
    with monkeypatch.context() as killed:
        killed.setattr(reminding, "digest_sent", lambda *_a, **_k: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            sent(world)
    assert sent(world) == 1
    first, second = postbox.to("deux@gouv.fr")
    assert first["Message-ID"] == second["Message-ID"]


def test_an_address_that_is_refused_for_good_is_said_and_tried_tomorrow(
    world: World, scene: Scene, postbox: Postbox
) -> None:
    who = officer(world)
    waits(scene, who)
    asks(world, who, "parti@gouv.fr")
    postbox.refusing["parti@gouv.fr"] = "550 inconnu"
    assert (sent(world), sent(world)) == (0, 0)
    with world.acting(who) as agent:
        assert reminding.own(agent).refused_at is not None
    assert "Votre messagerie a refusé" in world.client(who).get("/rappels/").content.decode()
    world.sql(
        "SET session_replication_role = replica; UPDATE notices_reminder SET refused_at = now() - interval '1 day'"
    )
    assert sent(world) == 0  # tomorrow: tried, and refused again
    asks(world, who, "ici@gouv.fr")
    assert sent(world) == 1


def test_nothing_is_sent_in_the_quiet_hours(world: World, scene: Scene, postbox: Postbox) -> None:
    who = officer(world)
    waits(scene, who)
    asks(world, who, "nuit@gouv.fr", USUAL)
    today = timezone.now().astimezone(PARIS)
    for hour in (20, 23, 0, 6):
        assert sent(world, today.replace(hour=hour)) == 0
    assert sent(world, today.replace(hour=7, minute=0)) == 1


def test_nobody_is_reminded_of_what_he_no_longer_reads(world: World, scene: Scene, postbox: Postbox) -> None:
    who = officer(world)
    report = waits(scene, who, due=timezone.now() + timedelta(hours=3))
    asks(world, who, "avant@gouv.fr")
    with world.acting(who) as agent:
        secret = reminding.open_calendar(by=agent)
    assert len(reminding.calendar(secret) or []) == 1
    hidden(world, report)
    assert reminding.calendar(secret) == []
    assert sent(world) == 0
    waits(scene, who)
    world.sql(
        "SET session_replication_role = replica;"
        f" UPDATE access_habilitation SET revoked_at = now() WHERE agent_id = '{who.id}'"
    )
    assert sent(world) == 0


def test_the_calendar_is_read_back_and_holds_moments_alone(world: World, scene: Scene) -> None:
    who = officer(world)
    due = timezone.now().replace(microsecond=0) + timedelta(days=2)
    report = waits(scene, who, due=due)
    waits(scene, who, due=due)
    client = world.client(who)
    page = client.post("/rappels/calendrier/").content.decode()
    address = address_in(page)
    answer = world.client().get(address)
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    [event] = icalendar.Calendar.from_ical(answer.content).walk("VEVENT")
    assert (event.decoded("dtstart"), str(event["summary"])) == (due, "Échéance dans Recoupe")
    assert set(event) == {"UID", "DTSTAMP", "DTSTART", "DURATION", "SUMMARY", "CLASS", "TRANSP"}
    assert str(report).encode() not in answer.content
    assert "Une adresse est ouverte" in client.get("/rappels/").content.decode()
    # Another address: the first opens nothing; taken away: neither does the second.
    page = client.post("/rappels/calendrier/").content.decode()
    second = address_in(page)
    assert world.client().get(address).status_code == 404
    assert world.client().get(second).status_code == 200
    assert client.post("/rappels/calendrier/retirer/").status_code == 302
    assert world.client().get(second).status_code == 404


def test_whole_days_and_words_are_written_as_the_standard_says() -> None:
    terms = [
        Term(datetime(2026, 3, 28, 23, tzinfo=UTC), whole_day=True),
        Term(datetime(2026, 3, 29, 12, 30, tzinfo=UTC), whole_day=False),
    ]
    text = calendar.written([*terms, *terms], WORDS, datetime(2026, 3, 1, tzinfo=UTC))
    assert max(len(line.encode()) for line in text.split("\r\n")) <= 75
    first, second = icalendar.Calendar.from_ical(text).walk("VEVENT")
    assert (first.decoded("dtstart"), first.decoded("dtend")) == (date(2026, 3, 29), date(2026, 3, 30))
    assert second.decoded("dtstart") == terms[1].at
    assert str(second["summary"]) == WORDS.term
    assert first["uid"] != second["uid"]


def test_the_tables_and_the_functions_are_closed_to_whom_they_do_not_concern(world: World) -> None:
    who, other = officer(world), officer(world)
    asks(world, who, "clos@gouv.fr")
    with world.acting(other) as agent:
        assert reminding.own(agent).address == ""
    for query in (
        "SELECT * FROM notices_reminder",
        "SELECT notices.reminders_of(NULL)",
        "SELECT notices.digests_due()",
    ):
        with pytest.raises(Exception, match="permission denied"):
            world.sql(query, role="recoupe_app")
    with pytest.raises(DatabaseError), world.process("web"), connection.cursor() as cursor:
        cursor.execute("SELECT notices.save_reminder('x@gouv.fr', '00:00', '00:00')")


@pytest.mark.parametrize(
    ("start", "end", "covered", "free"),
    [
        (time(19), time(7), [time(19), time(23, 59), time(0), time(6, 59)], [time(7), time(12), time(18, 59)]),
        (time(12), time(14), [time(12), time(13, 59)], [time(11, 59), time(14), time(0)]),
        (time(0), time(0), [], [time(0), time(12)]),
    ],
)
def test_quiet_hours(start: time, end: time, covered: list[time], free: list[time]) -> None:
    quiet = Quiet(start, end)
    assert all(map(quiet.covers, covered))
    assert not any(map(quiet.covers, free))


def test_an_hour_is_left_and_addresses_are_professional() -> None:
    assert checked_quiet(Quiet(time(8), time(7))) == Quiet(time(8), time(7))
    with pytest.raises(Invalid):
        checked_quiet(Quiet(time(8), time(7, 30)))
    domains = {"gouv.fr"}
    assert checked_address(" J.Doe@Interieur.gouv.fr ", domains) == "j.doe@interieur.gouv.fr"
    assert checked_address("  ", domains) == ""
    for wrong in (
        "j@exemple.fr", "j@fauxgouv.fr", "gouv.fr", "@gouv.fr", "a@b@gouv.fr", "a b@gouv.fr", "a@gouv.fr\nBcc: x@y.fr",
        "é@gouv.fr", "a,b@gouv.fr", "x" * 250 + "@gouv.fr",
    ):  # fmt: skip
        with pytest.raises(Invalid):
            checked_address(wrong, domains)


def test_the_page_says_what_is_wrong_and_keeps_nothing(world: World) -> None:
    client = world.client(officer(world))
    answer = client.post("/rappels/", {"address": "x@exemple.com", "quiet_from": "25:00", "quiet_to": "7h"})
    assert answer.status_code == 422
    assert "Heure illisible" in answer.content.decode()
    answer = client.post("/rappels/", {"address": "x@exemple.com", "quiet_from": "19h", "quiet_to": "7:00"})
    assert "Seule une adresse professionnelle" in answer.content.decode()
    assert client.post("/rappels/", {"address": "", "quiet_from": "20h", "quiet_to": "7"}).status_code == 302
    assert 'value="20:00"' in client.get("/rappels/").content.decode()
