"""Registrations of the made world: some in every state, two of two services on one phone and one plate."""

from collections.abc import Sequence
from datetime import date, timedelta
from random import Random

from recoupe.demo import identifiers, names
from recoupe.demo.records import CaseDraft, Plan, RegistrationDraft

# As many as the registry needs to show each of its states; not a share of the procedures.
COUNT = 24
FIRST_PHONE = 9_000
MADE = ("CHECKED", "REGISTERED")
PATHS: tuple[tuple[str, ...], ...] = (
    MADE,
    MADE,
    (),
    ("CHECKED",),
    MADE,
    ("REFUSED",),
    (*MADE, "PROCEDURE_ENDED"),
    MADE,
)
ADULT_DAYS, SPREAD_DAYS = 19 * 366, 35 * 365


def draw_registrations(plan: Plan, cases: Sequence[CaseDraft]) -> tuple[RegistrationDraft, ...]:
    """One a procedure, over the procedures in turn; the first two services meet on a phone and a plate."""
    rng = Random(f"{plan.seed}:registrations")
    made: list[RegistrationDraft] = []
    for number, case in zip(range(COUNT), cases, strict=False):
        first = next((m for m in made if number == 1 and _other_unit(cases, m, case)), None)
        made.append(_draw(rng, plan.today, number, case, first))
    return tuple(made)


def _other_unit(cases: Sequence[CaseDraft], made: RegistrationDraft, case: CaseDraft) -> bool:
    return next(c.unit for c in cases if c.key == made.case) != case.unit


def _draw(rng: Random, today: date, number: int, case: CaseDraft, first: RegistrationDraft | None) -> RegistrationDraft:
    born = today - timedelta(days=ADULT_DAYS + rng.randrange(SPREAD_DAYS))
    return RegistrationDraft(
        key=f"F{number:03d}",
        case=case.key,
        surname=names.invented_word(rng),
        first_names=rng.choice(names.WORDS["given"]),
        nickname=names.nickname(rng),
        sex="M" if rng.random() < 0.9 else "F",
        birth_date=born,
        birth_place="",
        phone=first.phone if first else identifiers.phone_number(FIRST_PHONE + number),
        plate=first.plate if first else identifiers.plate(rng, True).value,
        imei=identifiers.imei(rng, True).value,
        path=PATHS[number % len(PATHS)],
    )
