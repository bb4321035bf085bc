"""Made reports for a bench: the notes of the made world over and over, each with three selectors of its own."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from random import Random

from recoupe.demo import names, world
from recoupe.demo.files import unit_file
from recoupe.demo.pools import Pool
from recoupe.demo.records import SEED, Plan, ReportDraft, SelectorDraft
from recoupe.demo.territory import setting

UNITS = 12
# Every so many reports one's first selector is taken up, the next time by a report of another unit.
MEETING_EVERY = 25
# As many fiction numbers exist as every other report needs.
KINDS = (("phone", "plate"), ("imei", "plate"))
THIRD = ("handle", "person", "iban", "person", "email")
ROWS_A_FILE = 25_000


@dataclass(frozen=True, slots=True)
class Rows:
    """The files of the bench, unit by unit, and what they must give."""

    files: list[tuple[str, bytes]]
    reports: int
    meetings: int


def made_rows(reports: int, today: date) -> Rows:
    """So many reports of twelve units; same size and date, same bytes."""
    plan = Plan(today=today)
    ground = setting(today)
    notes = world.build(plan, ground).reports
    open_notes = [n for n in notes if not n.by_hand and not ground.unit_by_code[n.unit].silent]
    by_unit: dict[str, list[ReportDraft]] = {}
    for note in open_notes:
        by_unit.setdefault(note.unit, []).append(note)
    chosen = sorted(by_unit, key=lambda code: (-len(by_unit[code]), code))[:UNITS]
    maker = _Maker(plan, [c.code for c in ground.communes[:500]])
    drafts: dict[str, list[ReportDraft]] = {unit: [] for unit in chosen}
    for rank in range(reports):
        unit = chosen[rank % len(chosen)]
        turn = rank // len(chosen)
        drafts[unit].append(maker.made(by_unit[unit][turn % len(by_unit[unit])], rank))
    files = [(unit, content) for unit, mine in drafts.items() for content in _files(mine)]
    return Rows(files, reports, maker.meetings)


def _files(drafts: list[ReportDraft]) -> Iterator[bytes]:
    for start in range(0, len(drafts), ROWS_A_FILE):
        yield unit_file(drafts[start : start + ROWS_A_FILE])


class _Maker:
    """Gives each note selectors that no other has, but for those that are to meet."""

    def __init__(self, plan: Plan, births: list[str]) -> None:
        self._rng = Random(f"{SEED}:bench")
        self._pool = Pool(plan, tuple(births))
        self._today = plan.today
        self._births = tuple(births)
        self._last: tuple[str, SelectorDraft] | None = None
        self.meetings = 0

    def made(self, note: ReportDraft, rank: int) -> ReportDraft:
        """The note with a key of its own, two selectors and a person or a third selector."""
        kinds = list(KINDS[rank % 2])
        third = THIRD[rank % len(THIRD)]
        people = (self._person(),) if third == "person" else ()
        kinds += [] if people else [third]
        selectors = [self._selector(kind) for kind in kinds]
        meets = rank % MEETING_EVERY == MEETING_EVERY - 1 and self._last is not None and self._last[0] != note.unit
        if meets and self._last:
            selectors[0], self._last = self._last[1], None
            self.meetings += 1
        elif self._last is None:
            self._last, meets = (note.unit, selectors[0]), True
        made = replace(note, key=f"BANC-{rank + 1:07d}", selectors=tuple(selectors), persons=people)
        # Those that are to meet may be told of.
        return replace(made, handling=("H0",), h3_line="", handling_conditions="") if meets else made

    def _selector(self, kind: str) -> SelectorDraft:
        made = self._pool.draw(kind, good=True)
        return SelectorDraft(made.kind, made.value, made.value, made.good)

    def _person(self) -> names.Person:
        """Somebody with a full birth date, whom the weak rule compares."""
        while len((found := self._pool.meet()).birth) < len("1990-01-02"):
            pass
        return replace(found, aliases=(), birth_commune="")
