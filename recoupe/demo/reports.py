"""The notes themselves: who writes which form, when, where, about what, how graded and how to be handled."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from recoupe.demo import names
from recoupe.demo.composer import Scene, compose, remark
from recoupe.demo.forms import Form, all_forms
from recoupe.demo.grammar import joined
from recoupe.demo.identifiers import Made
from recoupe.demo.names import Person
from recoupe.demo.pools import Network, Pool
from recoupe.demo.records import AgentDraft, CaseDraft, EventDraft, PlaceDraft, Plan, ReportDraft
from recoupe.demo.setting import UNCERTAINTY_FLOOR_M, CommuneSeat, Setting

DAYS = 730
NETWORK_SHARE = 0.16
H3_CONDITIONS = "Contact préalable avec le service détenteur avant toute exploitation."
WRITERS = frozenset({"investigator", "cross_analyst"})
_HANDLINGS = ((("H0",), 36), (("H1",), 30), (("H2",), 14), (("H1", "H2"), 8), (("H3",), 8), (("H1", "H3"), 4))
_H3_LINES = (("both", 5), ("holder_only", 3), ("nobody", 2))
# What became of notes, by their age in days: the cells are some weeks behind, not two years.
_STATES = (
    (3, (("SUBMITTED", 2), ("TRIAGED", 1))),
    (30, (("SUBMITTED", 45), ("TRIAGED", 4), ("GRADED", 12), ("INDEXED", 36), ("REJECTED", 1), ("FILED", 2))),
    (10_000, (("SUBMITTED", 14), ("TRIAGED", 1), ("GRADED", 18), ("INDEXED", 62), ("REJECTED", 1), ("FILED", 4))),
)


@dataclass(frozen=True)
class Wish:
    """What one note must be when it is not left to chance."""

    key: str
    unit: str = ""
    department: str = ""
    commune: str = ""
    form: str = ""
    forms: tuple[str, ...] = ()
    naming: bool | None = None
    given: tuple[Made, ...] = ()
    people: tuple[Person, ...] = ()
    day: date | None = None
    source: str = ""
    street: str = ""
    spot: tuple[float, float] | None = None
    handling: tuple[str, ...] = ()
    h3_line: str = ""
    silent: bool = False
    judicial: bool = False
    by_hand: bool = False
    point: str = ""
    state: str = ""
    author: str = ""


class Desk:
    """Writes notes one after another; every draw comes from one stream, so the order of wishes fixes the bytes."""

    def __init__(
        self, setting: Setting, plan: Plan, agents: Sequence[AgentDraft], cases: Sequence[CaseDraft], pool: Pool
    ) -> None:
        self.rng = Random(f"{plan.seed}:reports")
        self.setting, self.plan, self.pool = setting, plan, pool
        writers = [a for a in agents if set(a.roles) & WRITERS]
        self.by_login = {a.login: a for a in writers}
        self.by_unit: dict[str, list[AgentDraft]] = {}
        self.by_department: dict[str, list[AgentDraft]] = {}
        for agent in writers:
            self.by_unit.setdefault(agent.unit, []).append(agent)
            unit = setting.unit_by_code[agent.unit]
            for department in () if unit.silent else unit.departments:
                self.by_department.setdefault(department, []).append(agent)
        self.everywhere = [a for a in writers if not setting.unit_by_code[a.unit].silent]
        self.cases: dict[str, list[CaseDraft]] = {}
        for case in cases:
            self.cases.setdefault(case.unit, []).append(case)
        self.networks: dict[str, list[Network]] = {}

    def write(self, wish: Wish) -> ReportDraft:
        """One note."""
        commune = self._commune(wish)
        author = self._author(wish, commune.department)
        form = self._form(wish, author, commune.department)
        event = self._event(wish)
        scene = self._scene(wish, form, commune, event)
        naming = self.rng.random() < 0.5 if wish.naming is None else wish.naming
        if naming and not wish.given and not wish.people:
            self._from_network(scene, commune.department)
        note = compose(scene, form, naming=naming)
        opinion = remark(scene, form) if self.rng.random() < 0.45 else ""
        draft = ReportDraft(
            key=wish.key,
            form=form.code,
            author=author.login,
            unit=author.unit,
            collected_at=self._collected(event),
            event=event,
            source_kind=wish.source or self.rng.choice(form.sources),
            fact_text=note.text,
            assessment_text=opinion,
            place=self._place(wish, commune, scene),
            grade="",
            seen_by_reporter=False,
            handling=(),
            selectors=tuple(note.selectors),
            persons=tuple(note.persons),
            products=(scene.product,) if scene.product in self.setting.products else (),
            means=form.means,
            urgency=form.urgent and self.rng.random() < 0.4,
            violence=form.urgent or self.rng.random() < 0.02,
            point=wish.point,
            silent=wish.silent,
            by_hand=wish.by_hand or wish.judicial,
        )
        return self._handled(wish, draft)

    def _commune(self, wish: Wish) -> CommuneSeat:
        if wish.commune:
            return self.setting.by_code[wish.commune]
        department = wish.department or self._department_of(wish) or self.setting.draw_department(self.rng)
        return self.setting.draw_commune(self.rng, department)

    def _department_of(self, wish: Wish) -> str:
        code = wish.unit or (self.by_login[wish.author].unit if wish.author else "")
        own = self.setting.unit_by_code[code].departments if code else ()
        return self.rng.choice([d for d in own if d in self.setting.by_department] or [""])

    def _author(self, wish: Wish, department: str) -> AgentDraft:
        if wish.author:
            return self.by_login[wish.author]
        if wish.unit:
            return self.rng.choice(self.by_unit[wish.unit])
        some = self.by_department.get(department) or self.everywhere
        services = {s for f in all_forms() if f.code in wish.forms for s in f.services}
        return self.rng.choice([a for a in some if a.service in services] or some)

    def _form(self, wish: Wish, author: AgentDraft, department: str) -> Form:
        forms = all_forms()
        if wish.form or wish.forms:
            named = [f for f in forms if f.code == wish.form or f.code in wish.forms]
            wished = [f for f in named if not wish.source or wish.source in f.sources] or named
            return self.rng.choice([f for f in wished if author.service in f.services] or wished)
        fitting = [
            f
            for f in forms
            if author.service in f.services
            and (not f.departments or department in f.departments)
            and (not wish.source or wish.source in f.sources)
            and (not f.judicial or wish.judicial)
        ]
        return self.rng.choice(fitting)

    def _scene(self, wish: Wish, form: Form, commune: CommuneSeat, event: EventDraft) -> Scene:
        rng = self.rng
        return Scene(
            rng=rng,
            commune=commune.name,
            other=self.setting.draw_commune(rng, commune.department).name,
            date=event.last.strftime("%d/%m/%Y"),
            product=rng.choice(form.products or ("",)),
            street=wish.street or names.street(rng),
            quarter=names.quarter(rng),
            hour=rng.choice((8, 10, 11, 14, 15, 16, 17, 18, 19, 20, 21, 22)),
            make=self.pool.make,
            meet=self.pool.meet,
            given=list(wish.given),
            people=list(wish.people),
        )

    def _from_network(self, scene: Scene, department: str) -> None:
        near = self.networks.get(department)
        if near and self.rng.random() < NETWORK_SHARE:
            network = self.rng.choice(near)
            scene.given.append(self.rng.choice(network.made))
            if self.rng.random() < 0.3:
                scene.people.append(self.rng.choice(network.people))

    def _event(self, wish: Wish) -> EventDraft:
        rng, today = self.rng, self.plan.today
        day = wish.day or today - timedelta(days=1 + int((DAYS - 1) * rng.random() ** 1.15))
        draw = rng.random()
        if wish.day or draw < 0.62:
            return EventDraft(day, day, "day", day.strftime("%d/%m/%Y"))
        if draw < 0.83:
            first = day - timedelta(days=rng.randrange(2, 12))
            return EventDraft(first, day, "interval", f"du {first:%d/%m/%Y} au {day:%d/%m/%Y}")
        if draw < 0.96:
            first = day.replace(day=1)
            last = min((first + timedelta(days=32)).replace(day=1) - timedelta(days=1), today)
            return EventDraft(first, last, "month", f"{day:%m/%Y}")
        first = date(day.year, 1, 1)
        return EventDraft(first, min(date(day.year, 12, 31), today), "year", f"{day.year}")

    def _collected(self, event: EventDraft) -> datetime:
        """Written within days of the event, the day before the world's last one at the latest."""
        last = self.plan.today - timedelta(days=1)
        day = min(event.last + timedelta(days=self.rng.choice((0, 0, 1, 1, 2, 3, 5))), last)
        return datetime.combine(day, time(self.rng.randrange(5, 21), self.rng.randrange(60)), tzinfo=UTC)

    def _place(self, wish: Wish, commune: CommuneSeat, scene: Scene) -> PlaceDraft:
        rng = self.rng
        spot = wish.spot or (self.setting.draw_point(rng, commune.code) if rng.random() < 0.45 else None)
        if spot is not None:
            radius = rng.choice((UNCERTAINTY_FLOOR_M, 500, 800, 1_500))
            return PlaceDraft("point", commune.code, spot[0], spot[1], radius, f"{scene.street}, {commune.name}")
        draw = rng.random()
        if draw < 0.72 or wish.commune:
            return PlaceDraft("commune", commune.code, text=scene.quarter if draw < 0.3 else "")
        if draw < 0.92:
            return PlaceDraft("free", text=f"secteur {joined('de', commune.name)}, {scene.street}")
        return PlaceDraft("none")

    def _handled(self, wish: Wish, draft: ReportDraft) -> ReportDraft:
        rng = self.rng
        codes = wish.handling or rng.choices([c for c, _ in _HANDLINGS], [w for _, w in _HANDLINGS])[0]
        line = wish.h3_line or rng.choices([v for v, _ in _H3_LINES], [w for _, w in _H3_LINES])[0]
        grade, seen = _grade(rng, draft.source_kind)
        cases = self.cases.get(draft.unit, [])
        return replace(
            draft,
            handling=codes,
            h3_line=line if "H3" in codes else "",
            handling_conditions=H3_CONDITIONS if "H3" in codes else "",
            grade=grade,
            seen_by_reporter=seen,
            case=rng.choice(cases).key if wish.judicial else "",
            state=wish.state or self._state(draft),
        )

    def _state(self, draft: ReportDraft) -> str:
        """Recent notes still wait; older ones have gone their way."""
        age = (self.plan.today - draft.collected_at.date()).days
        shares = next(shares for oldest, shares in _STATES if age <= oldest)
        return self.rng.choices([state for state, _ in shares], [weight for _, weight in shares])[0]


def _grade(rng: Random, source: str) -> tuple[str, bool]:
    """A grade as it is typed: blank, 4x4, or A to F and 1 to 6; and whether the reporter saw it himself."""
    seen = source == "officer_observation" and rng.random() < 0.7
    if rng.random() < 0.14:
        return "", seen
    if source in ("anonymous", "partner"):
        return rng.choice(("X4", "X4", "F6", "E4")), False
    if rng.random() < 0.3:
        return rng.choice("ABCDEF") + rng.choice("123456"), seen
    return rng.choice("AABBBC") + ("1" if seen else rng.choice("234")), seen
