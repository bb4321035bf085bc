"""A selector that very many records hold: each service told of each other one, each record told, and no more."""

from collections import Counter
from datetime import timedelta
from itertools import combinations
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from recoupe.access.enums import Role
from recoupe.crosscheck import rules
from recoupe.crosscheck.rules import COMMON_HOLDERS, Facts, Held, meetings
from recoupe.intelligence.entry import SelectorEntry
from tests.crosscheck.made import NOON, facts
from tests.crosscheck.process import fill, queued
from tests.crosscheck.scene import Scene, new_phone

UNITS = tuple(uuid4() for _ in range(5))
SERVICES = ("PJ13", "DED13", "PJ69", "SR83", "SP13")


def worth(first: Facts, second: Facts) -> int:
    """Both files are reports: every pair may be compared."""
    return sum(rules.told(first, second))


deposits = st.lists(
    st.tuples(st.sampled_from(UNITS), st.sampled_from([("H0", False), ("H2", False), ("H0", True)])), max_size=40
)


def held(made: list[tuple[UUID, tuple[str, bool]]]) -> list[Held]:
    """Records of one selector, deposited a second apart."""
    return [
        Held(facts(code, silent=silent, unit_id=unit, at=NOON + timedelta(seconds=n)), 2)
        for n, (unit, (code, silent)) in enumerate(made)
    ]


def tellable(records: list[Held]) -> set[frozenset[UUID]]:
    """The pairs of units of which both sides of some pair of records would learn."""
    return {
        frozenset({a.facts.unit_id, b.facts.unit_id})
        for a, b in combinations(records, 2)
        if a.facts.unit_id != b.facts.unit_id and worth(a.facts, b.facts) == 2
    }


@given(deposits, st.integers(min_value=1, max_value=7))
def test_every_two_services_that_may_know_are_told_whatever_the_blocks(
    made: list[tuple[UUID, tuple[str, bool]]], block: int
) -> None:
    records = held(made)
    met: list[tuple[Held, Held]] = []
    for start in range(0, len(records), block):
        # What the index holds at that moment: the newest of each kind.
        standing = {one.kind: one for one in records[:start]}
        met += meetings(standing.values(), records[start : start + block], worth)
    both = {frozenset({a.facts.unit_id, b.facts.unit_id}) for a, b in met if worth(a.facts, b.facts) == 2}
    assert both == tellable(records)
    assert all(a.facts.unit_id != b.facts.unit_id and worth(a.facts, b.facts) for a, b in met)
    assert met == meetings((), records, worth)


@given(deposits)
def test_each_record_that_has_somebody_to_meet_meets_somebody_and_hits_stay_few(
    made: list[tuple[UUID, tuple[str, bool]]],
) -> None:
    records = held(made)
    met = meetings((), records, worth)
    asked = {a.facts.record_id for a, _ in met}
    for number, one in enumerate(records):
        before = [o for o in records[:number] if o.facts.unit_id != one.facts.unit_id and worth(one.facts, o.facts)]
        assert (one.facts.record_id in asked) == bool(before)
    kinds = len({one.kind for one in records})
    assert len(met) <= len(records) + kinds * len(UNITS)


def test_of_two_the_one_that_lets_both_sides_learn_is_met() -> None:
    open_one, silent = held([(UNITS[0], ("H0", False)), (UNITS[0], ("H0", True))])
    (arrival,) = held([(UNITS[1], ("H0", False))])
    assert [b for _, b in meetings([open_one, silent], [arrival], worth)] == [open_one]


# --- In the matcher ----------------------------------------------------------------------------------------------
def crowd(scene: Scene, unit: str, number: int, mark: str, **changes: str) -> UUID:
    """`number` reports of a unit that all hold the number of `mark`; the model that they copy."""
    model = scene.enter(scene.who(Role.INVESTIGATOR, unit), **changes)
    scene.pull()
    fill(scene.world, model, number, mark=f"{mark}{unit}", lane="bulk", first=600000000)
    scene.as_superuser(
        f"UPDATE intelligence_selector s SET value = '+33{mark}' FROM intelligence_report r"
        f" WHERE r.id = s.report_id AND r.ref LIKE '{mark}{unit}-%'",
        # In the order in which the matcher takes them.
        f"UPDATE intelligence_report r SET submitted_at = o.at FROM intelligence_outbox o"
        f" WHERE o.report_id = r.id AND r.ref LIKE '{mark}{unit}-%'",
    )
    return model


def drain(scene: Scene) -> int:
    """Pull until nothing waits; how many hits were made."""
    made = 0
    while queued(scene.world, "bulk"):
        made += scene.pull("bulk").hits
    return made


def hits_of(scene: Scene, mark: str) -> list[tuple[str, str, int]]:
    """(unit, unit, sides told) of each hit between records of this mark."""
    query = """
        SELECT least(a.code, b.code), greatest(a.code, b.code),
               (SELECT count(*) FROM crosscheck_hitside s WHERE s.hit_id = h.id)
          FROM crosscheck_hit h
          JOIN crosscheck_indexrecord x ON x.record_id = h.low JOIN reference_unit a ON a.id = x.unit_id
          JOIN crosscheck_indexrecord y ON y.record_id = h.high JOIN reference_unit b ON b.id = y.unit_id
          JOIN intelligence_report r ON r.id = h.low WHERE r.ref LIKE %s || '%%'
    """
    return [(str(a), str(b), int(n)) for a, b, n in scene.world.sql(query, [mark])]


def test_a_number_that_two_hundred_reports_hold_joins_every_two_services(scene: Scene) -> None:
    mark, each = "655000001", 40
    for unit in SERVICES:
        crowd(scene, unit, each, mark)
    drain(scene)
    hits = hits_of(scene, mark)
    pairs = Counter((a, b) for a, b, _ in hits)
    assert set(pairs) == set(combinations(sorted(SERVICES), 2))
    assert all(told == 2 for _, _, told in hits)
    # All pairs would be 16,000.
    assert len(hits) <= len(SERVICES) * each + len(SERVICES) ** 2
    told = (
        "SELECT count(DISTINCT s.record_id) FROM crosscheck_hitside s JOIN intelligence_report r ON r.id = s.record_id"
    )
    ((known,),) = scene.world.sql(f"{told} WHERE r.ref LIKE '{mark}%%'")
    # Only the first service's, deposited before anybody else held the number, may have met nobody.
    assert known >= (len(SERVICES) - 1) * each


def test_up_to_the_bound_every_pair_is_a_hit(scene: Scene) -> None:
    mark, half = "655000002", COMMON_HOLDERS // 2
    for unit in SERVICES[:2]:
        crowd(scene, unit, half, mark)
    drain(scene)
    assert len(hits_of(scene, mark)) == half * half


def test_of_what_a_unit_holds_without_telling_others_the_newest_alone_are_met(scene: Scene) -> None:
    """By its code, or by its silence (P-52); what it holds openly beside does not take their place."""
    mark, many = "655000005", COMMON_HOLDERS + 5
    crowd(scene, "PJ13", many, mark, handling="H3", h3_line="holder_only", handling_conditions="opération en cours")
    crowd(scene, "SR84", many, mark)
    drain(scene)
    for _ in range(5):
        scene.enter(scene.who(Role.INVESTIGATOR, "PJ13"), phone=f"0{mark}")
    scene.pull()
    scene.as_superuser("UPDATE reference_unit SET silent = true WHERE code = 'SR84'")
    scene.enter(scene.who(Role.INVESTIGATOR, "DED13"), phone=f"0{mark}")
    assert scene.pull().hits == COMMON_HOLDERS + 5 + COMMON_HOLDERS


def test_a_new_service_learns_of_each_of_the_others_by_its_first_record(scene: Scene) -> None:
    mark = "655000003"
    for unit in SERVICES[:3]:
        crowd(scene, unit, COMMON_HOLDERS, mark)
    drain(scene)
    asker = scene.who(Role.INVESTIGATOR, "DED13", "late")
    newcomer = scene.who(Role.INVESTIGATOR, "GGD13")
    first = scene.enter(newcomer, phone=f"0{mark}")
    second = scene.enter(newcomer, phone=f"0{mark}")
    assert scene.pull().hits == 4
    assert len(scene.sides(newcomer, first)) == 3
    assert len(scene.sides(newcomer, second)) == 1
    again = scene.enter(asker, phone=f"0{mark}")
    scene.pull()
    assert scene.side(asker, again).state


def test_a_record_that_comes_again_keeps_its_hits_and_makes_no_more(scene: Scene) -> None:
    mark = "655000004"
    for unit in SERVICES[:2]:
        crowd(scene, unit, COMMON_HOLDERS, mark)
    drain(scene)
    who = scene.who(Role.INVESTIGATOR, "PJ69")
    record = scene.enter(who, phone=f"0{mark}")
    scene.pull()
    before = {side.id for side in scene.sides(who, record)}
    scene.as_superuser(
        "INSERT INTO intelligence_outbox (id, report_id, lane, at)"
        f" VALUES (gen_random_uuid(), '{record}', 'express', now())"
    )
    assert scene.pull().records == 1
    assert {side.id for side in scene.sides(who, record)} == before != set()


def test_one_pair_of_units_with_many_numbers_of_their_own_is_not_touched_by_the_bound(scene: Scene) -> None:
    phones = [new_phone() for _ in range(COMMON_HOLDERS + 5)]
    police, customs = scene.who(Role.INVESTIGATOR, "PJ13"), scene.who(Role.INVESTIGATOR, "DED13")
    for phone in phones:
        scene.enter(police, phone=phone)
        scene.enter(customs, phone=phone)
    assert scene.pull().hits == len(phones)


def test_what_a_unit_holds_of_one_number_takes_no_place_from_another(scene: Scene) -> None:
    """The bound on what is held without telling others is that of each selector: an older one is met all the same."""
    mark, other = "655000006", new_phone()
    closed = {"handling": "H3", "h3_line": "holder_only", "handling_conditions": "opération en cours"}
    older = scene.enter(scene.who(Role.INVESTIGATOR, "PJ13"), phone=other, **closed)
    crowd(scene, "PJ13", COMMON_HOLDERS + 5, mark, **closed)
    drain(scene)
    scene.as_superuser(f"UPDATE crosscheck_indexrecord SET at = at - interval '1 day' WHERE record_id = '{older}'")
    both = tuple(SelectorEntry("phone", phone) for phone in (f"0{mark}", other))
    scene.enter(scene.who(Role.INVESTIGATOR, "DED13"), selectors=both)
    assert scene.pull().hits == COMMON_HOLDERS + 1
