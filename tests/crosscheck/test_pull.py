"""From two entries to a hit: who is told, what, and what stays unseen."""

from uuid import UUID

import psycopg
import pytest
from django.db import connection
from django.db.models import Model

from recoupe.access import feed
from recoupe.access.enums import Role
from recoupe.crosscheck.models import ContactThread, HitSide
from recoupe.intelligence.models import Report
from recoupe.kernel.selectors import Strength
from recoupe.notices import queries as notices
from tests.crosscheck.scene import Scene, new_phone
from tests.world import TestAgent

PJ, CUSTOMS, RELAYED = "PJ13", "DED13", "SP13"
MATCHER_ONLY = (
    "crosscheck_indexkey",
    "crosscheck_indexrecord",
    "crosscheck_indexentry",
    "crosscheck_indexstate",
    "crosscheck_hit",
    "crosscheck_party",
    "crosscheck_decision",
)


@pytest.fixture
def police(scene: Scene) -> TestAgent:
    return scene.who(Role.INVESTIGATOR, PJ)


@pytest.fixture
def customs(scene: Scene) -> TestAgent:
    return scene.who(Role.INVESTIGATOR, CUSTOMS)


def shown(row: Model) -> set[str]:
    """All that the application can read of a row."""
    return {str(getattr(row, f.attname)) for f in row._meta.concrete_fields if f.name != "readers"}


def meet(scene: Scene, first: TestAgent, second: TestAgent, **changes: object) -> tuple[UUID, UUID]:
    """Two entries of one new phone, the second after the first; both pulled."""
    phone = new_phone()
    held = scene.enter(first, phone=phone, **changes)
    scene.pull()
    asked = scene.enter(second, phone=phone)
    assert scene.pull().hits == 1
    return held, asked


def test_both_sides_are_told_of_a_contact_a_strength_and_a_date(
    scene: Scene, police: TestAgent, customs: TestAgent
) -> None:
    held, asked = meet(scene, customs, police)
    asker, holder = scene.side(police, asked), scene.side(customs, held)
    assert (asker.side, holder.side) == ("asker", "holder")
    assert asker.hit_id == holder.hit_id
    assert asker.strength == holder.strength == Strength.CERTAIN
    assert asker.at == holder.at
    assert asker.other_code == CUSTOMS
    assert asker.other_phone.startswith("0")
    assert (asker.asker_code, asker.asker_name, asker.motive_category) == ("", "", "")
    assert (holder.other_code, holder.asker_code) == (PJ, PJ)
    assert holder.motive_category == "judicial_inquiry"
    assert asker.thread_id == holder.thread_id is not None


def test_neither_side_sees_the_other_record_nor_its_text(scene: Scene, police: TestAgent, customs: TestAgent) -> None:
    held, asked = meet(scene, customs, police)
    for who, own, other in ((police, asked, held), (customs, held, asked)):
        with scene.world.acting(who):
            assert Report.objects.filter(id=own).exists()
            assert not Report.objects.filter(id=other).exists()
            assert not HitSide.objects.filter(record_id=other).exists()
            rows = [*HitSide.objects.all(), *ContactThread.objects.all()]
            told = {value for row in rows for value in shown(row)}
            assert str(other) not in told


def test_the_hit_waits_in_the_list_and_in_the_notices_of_both(
    scene: Scene, police: TestAgent, customs: TestAgent
) -> None:
    held, asked = meet(scene, customs, police)
    for who, own in ((police, asked), (customs, held)):
        side = scene.side(who, own)
        with scene.world.acting(who) as agent:
            assert side.id in [row.id for row in feed.page("hit")]
            assert ("hit", side.id) in [(line.kind, line.record_id) for line in notices.waiting(agent, limit=100)]


def test_the_desk_and_the_cell_are_told_a_colleague_and_another_cell_are_not(
    scene: Scene, police: TestAgent, customs: TestAgent
) -> None:
    _, asked = meet(scene, customs, police)
    seeing = [
        scene.who(Role.DUTY_OFFICER, PJ),
        scene.who(Role.UNIT_HEAD, PJ),
        scene.who(Role.CROSS_ANALYST, "CROSS13"),
        scene.who(Role.OFAST_ANALYST, "OFAST"),
    ]
    blind = [
        scene.who(Role.INVESTIGATOR, PJ, "colleague"),
        scene.who(Role.INVESTIGATOR, "PJ69"),
        scene.who(Role.CROSS_ANALYST, "CROSS83"),
        scene.who(Role.DPO, "OFAST"),
        scene.who(Role.PROSECUTOR, "TJ13"),
    ]
    assert all(scene.sides(who, asked) for who in seeing)
    assert not any(scene.sides(who, asked) for who in blind)


def test_the_contact_is_what_the_holder_chose(scene: Scene, police: TestAgent) -> None:
    held, asked = meet(scene, scene.who(Role.INVESTIGATOR, RELAYED), police)
    side = scene.side(police, asked)
    assert side.other_code == "CROSS13"
    with scene.world.acting(police):
        thread = ContactThread.objects.get(id=side.thread_id)
        assert thread.holder_name == "CROSS des Bouches-du-Rhône"
        told = {value for row in (side, thread) for value in shown(row)}
    assert str(scene.who(Role.INVESTIGATOR, RELAYED).unit_id) not in told
    assert scene.sides(scene.who(Role.CROSS_ANALYST, "CROSS13"), held)


def test_two_entries_of_one_unit_do_not_meet(scene: Scene, police: TestAgent) -> None:
    phone = new_phone()
    scene.enter(police, phone=phone)
    scene.enter(scene.who(Role.INVESTIGATOR, PJ, "colleague"), phone=phone)
    assert scene.pull().hits == 0


def test_two_selectors_make_one_hit_of_the_best_strength(scene: Scene, police: TestAgent, customs: TestAgent) -> None:
    phone, name = new_phone(), ("MARLON", "Albin", "14/03/1979")
    first = scene.enter(customs, phone=phone, person=name)
    second = scene.enter(police, phone=phone, person=name)
    assert scene.pull().hits == 1
    assert scene.side(police, second).strength == Strength.CERTAIN
    assert scene.side(customs, first).strength == Strength.CERTAIN


def test_a_record_compared_twice_makes_no_second_hit(scene: Scene, police: TestAgent, customs: TestAgent) -> None:
    held, asked = meet(scene, customs, police)
    for record in (held, asked):
        scene.as_superuser(f"INSERT INTO intelligence_outbox VALUES (gen_random_uuid(), '{record}', 'express', now())")
    assert scene.pull().told == 0
    assert len(scene.sides(police, asked)) == len(scene.sides(customs, held)) == 1


def test_a_corrected_selector_leaves_the_index(scene: Scene, police: TestAgent, customs: TestAgent) -> None:
    wrong, right = new_phone(), new_phone()
    record = scene.enter(customs, phone=wrong)
    scene.pull()
    scene.as_superuser(
        f"UPDATE intelligence_selector SET value = '+33{right[1:]}' WHERE report_id = '{record}'",
        f"INSERT INTO intelligence_outbox VALUES (gen_random_uuid(), '{record}', 'express', now())",
    )
    scene.pull()
    scene.enter(police, phone=wrong)
    assert scene.pull().hits == 0
    scene.enter(police, phone=right)
    assert scene.pull().hits == 1


# --- S-4: silence -----------------------------------------------------------------------------------------------
def silence(scene: Scene, record: UUID, until: str = "current_date + 30") -> None:
    scene.as_superuser(
        f"UPDATE intelligence_report SET silent_until = {until}, silent_reason = 'essai' WHERE id = '{record}'",
        f"INSERT INTO intelligence_outbox VALUES (gen_random_uuid(), '{record}', 'express', now())",
    )


def test_a_silent_holder_is_told_alone_and_the_asker_sees_a_no_hit(
    scene: Scene, police: TestAgent, customs: TestAgent
) -> None:
    phone = new_phone()
    held = scene.enter(customs, phone=phone)
    silence(scene, held)
    scene.pull()
    asked = scene.enter(police, phone=phone)
    assert scene.pull().told == 1
    assert scene.sides(police, asked) == []
    side = scene.side(customs, held)
    assert (side.asker_code, side.thread_id) == (PJ, None)
    assert not scene.sides(scene.who(Role.CROSS_ANALYST, "CROSS13"), held)


def test_a_silent_asker_is_told_alone(scene: Scene, police: TestAgent, customs: TestAgent) -> None:
    phone = new_phone()
    held = scene.enter(customs, phone=phone)
    scene.pull()
    asked = scene.enter(police, phone=phone)
    silence(scene, asked)
    assert scene.pull().told == 1
    assert scene.sides(customs, held) == []
    assert scene.side(police, asked).other_code == CUSTOMS


def test_a_silence_that_ends_tells_the_other_side_then(scene: Scene, police: TestAgent, customs: TestAgent) -> None:
    phone = new_phone()
    held = scene.enter(customs, phone=phone)
    silence(scene, held)
    scene.pull()
    asked = scene.enter(police, phone=phone)
    scene.pull()
    silence(scene, held, "NULL")
    assert scene.pull().told == 1
    assert scene.side(police, asked).thread_id == scene.side(customs, held).thread_id is not None


def test_an_inspection_is_told_alone_and_nobody_learns_of_it(scene: Scene, police: TestAgent) -> None:
    inspector = scene.who(Role.INVESTIGATOR, "IGPN")
    phone = new_phone()
    held = scene.enter(inspector, phone=phone)
    scene.pull()
    asked = scene.enter(police, phone=phone)
    assert scene.pull().told == 1
    assert scene.sides(police, asked) == []
    assert scene.side(inspector, held).other_code == PJ
    for reader in (scene.who(Role.CROSS_ANALYST, "CROSS13"), scene.who(Role.OFAST_ANALYST, "OFAST")):
        assert not scene.sides(reader, held)


def test_a_unit_made_silent_a_moment_ago_is_silent(scene: Scene, police: TestAgent) -> None:
    unit = "SR83"
    phone = new_phone()
    scene.enter(scene.who(Role.INVESTIGATOR, unit), phone=phone)
    scene.pull()
    scene.as_superuser(f"UPDATE reference_unit SET silent = true WHERE code = '{unit}'")
    try:
        asked = scene.enter(police, phone=phone)
        scene.pull()
        assert scene.sides(police, asked) == []
    finally:
        scene.as_superuser(f"UPDATE reference_unit SET silent = false WHERE code = '{unit}'")


def test_an_h3_that_tells_nobody_leaves_no_trace(scene: Scene, police: TestAgent, customs: TestAgent) -> None:
    phone = new_phone()
    scene.enter(customs, phone=phone, handling="H3", h3_line="nobody", handling_conditions="essai")
    scene.enter(police, phone=phone)
    pulled = scene.pull()
    assert (pulled.hits, pulled.told) == (0, 0)


# --- S-5: acts --------------------------------------------------------------------------------------------------
NO_ACT = (
    "DELETE FROM reference_interconnectionact WHERE file_a = 'reports' AND file_b = 'reports'",
    "UPDATE reference_interconnectionact SET effect = 'forbidden'",
)


@pytest.mark.parametrize("change", NO_ACT)
def test_without_an_act_nothing_is_compared(scene: Scene, police: TestAgent, customs: TestAgent, change: str) -> None:
    kept = scene.world.sql("SELECT * FROM reference_interconnectionact")
    phone = new_phone()
    scene.enter(customs, phone=phone)
    scene.enter(police, phone=phone)
    scene.as_superuser(change)
    try:
        assert scene.pull().hits == 0
    finally:
        with psycopg.connect(scene.world.admin_url) as direct:
            direct.execute("SET session_replication_role = replica")
            direct.execute("DELETE FROM reference_interconnectionact")
            marks = ", ".join(["%s"] * len(kept[0]))
            for row in kept:
                direct.execute(f"INSERT INTO reference_interconnectionact VALUES ({marks})".encode(), row)


def test_an_act_for_a_purpose_holds_for_what_was_deposited_under_it(
    scene: Scene, police: TestAgent, customs: TestAgent
) -> None:
    """Both frames are administrative: only the declared purpose tells the two deposits apart."""
    analyst, phone, act = scene.who(Role.CROSS_ANALYST, "CROSS13"), new_phone(), "acte d'essai"
    scene.enter(customs, phone=phone)
    scene.pull()
    columns = "file_a, file_b, purpose, effect, legal_ref, valid_from, invented"
    scene.as_superuser(
        f"INSERT INTO reference_interconnectionact ({columns}) VALUES"
        f" ('reports', 'reports', 'criminal_intelligence', 'forbidden', $${act}$$, '2020-01-01', true)"
    )
    try:
        scene.enter(analyst, phone=phone)
        assert scene.pull().hits == 0
        asked = scene.enter(police, phone=phone)
        assert scene.pull().hits >= 1
        assert [side.other_name for side in scene.sides(police, asked)] != []
    finally:
        scene.as_superuser(f"DELETE FROM reference_interconnectionact WHERE legal_ref = $${act}$$")


def test_an_act_names_a_purpose_that_somebody_can_declare(scene: Scene) -> None:
    change = "UPDATE reference_interconnectionact SET purpose = 'administrative' WHERE purpose = 'administration'"
    with pytest.raises(psycopg.errors.CheckViolation):
        scene.as_superuser(change)


def test_an_act_of_existence_opens_no_content(scene: Scene, police: TestAgent, customs: TestAgent) -> None:
    scene.as_superuser(
        "UPDATE reference_interconnectionact SET effect = 'existence' WHERE effect = 'content_on_release'"
    )
    try:
        _, asked = meet(scene, customs, police)
    finally:
        scene.as_superuser(
            "UPDATE reference_interconnectionact SET effect = 'content_on_release'"
            " WHERE effect = 'existence' AND 'reports' IN (file_a, file_b) AND file_a = file_b"
        )
    with scene.world.acting(police):
        assert not ContactThread.objects.get(id=scene.sides(police, asked)[0].thread_id).content_allowed


# --- Files ------------------------------------------------------------------------------------------------------
def test_the_sender_of_a_file_is_not_told_the_desk_of_his_unit_is(scene: Scene, police: TestAgent) -> None:
    sender = scene.who(Role.INVESTIGATOR, CUSTOMS, "sender")
    phone = new_phone()
    row = scene.enter(sender, phone=phone)
    scene.as_superuser(
        f"UPDATE intelligence_report SET import_id = gen_random_uuid() WHERE id = '{row}'",
        f"UPDATE intelligence_outbox SET lane = 'bulk' WHERE report_id = '{row}'",
    )
    assert scene.pull("bulk").records == 1
    asked = scene.enter(police, phone=phone)
    scene.pull()
    assert scene.sides(police, asked)
    assert not scene.sides(sender, row)
    assert scene.side(scene.who(Role.DUTY_OFFICER, CUSTOMS), row).author_id is None
    with scene.world.acting(sender) as agent:
        assert "hit" not in notices.named(agent)


# --- Walls ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("table", MATCHER_ONLY)
def test_the_application_cannot_read_what_the_matcher_knows(scene: Scene, police: TestAgent, table: str) -> None:
    with scene.world.acting(police), connection.cursor() as cursor, pytest.raises(Exception, match="permission denied"):
        cursor.execute(f"SELECT * FROM {table}")


def test_no_other_role_reads_the_index(scene: Scene) -> None:
    for role in (
        "recoupe_app",
        "recoupe_worker",
        "recoupe_signin",
        "recoupe_portal",
        "recoupe_owner",
        "recoupe_definer",
    ):
        for table in MATCHER_ONLY[:3]:
            rights = scene.world.sql("SELECT has_table_privilege(%s, %s, 'SELECT')", [role, table])
            assert rights == [(role == "recoupe_owner",)], (role, table)
    assert scene.world.sql("SELECT count(*) FROM crosscheck_indexentry", role="recoupe_owner") == [(0,)]


def test_a_list_of_all_numbers_finds_nothing_in_a_stolen_index(scene: Scene, police: TestAgent) -> None:
    phone = new_phone()
    scene.enter(police, phone=phone)
    scene.pull()
    value = f"+33{phone[1:]}"
    guesses = [f"sha256('{text}'::bytea)" for text in (value, f"phone:{value}", f"phone{value}")]
    found = scene.world.sql(f"SELECT count(*) FROM crosscheck_indexentry WHERE key IN ({', '.join(guesses)})")
    assert found == [(0,)]


def test_the_comparison_and_the_pair_are_in_the_journal_without_content(
    scene: Scene, police: TestAgent, customs: TestAgent
) -> None:
    held, asked = meet(scene, customs, police)
    entries = [e for e in scene.world.journal("combine") if f"report:{asked}" in e[2]]
    assert len(entries) == 2
    compared, joined = entries
    assert compared[1] is None
    assert {f"report:{held}", f"report:{asked}"} <= set(joined[2])
    assert "phone" not in str(entries)


def test_the_state_of_the_report_says_hit_only_to_a_side_that_was_told(
    scene: Scene, police: TestAgent, customs: TestAgent
) -> None:
    phone = new_phone()
    held = scene.enter(customs, phone=phone)
    silence(scene, held)
    asked = scene.enter(police, phone=phone)
    scene.as_superuser(f"UPDATE intelligence_report SET state = 'INDEXED' WHERE id IN ('{held}', '{asked}')")
    scene.pull()
    states = dict(scene.world.sql("SELECT id, state FROM intelligence_report WHERE id = ANY (%s)", [[held, asked]]))
    assert states == {held: "HIT", asked: "NO_HIT"}
