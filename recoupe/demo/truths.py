"""What is planted on purpose, and must be found, or must stay unseen."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

import shapely

from recoupe.demo.identifiers import Made
from recoupe.demo.names import Person
from recoupe.demo.pools import Pool, reserved_phone
from recoupe.demo.records import Plan, Truth
from recoupe.demo.reports import Wish
from recoupe.demo.setting import Setting
from recoupe.reference.geometry import distance_m

POLICE, GENDARMERIE, CUSTOMS = "PJ13", "SR13", "DED13"
BORDER_M = 280
WAITING = 5
CUSTOMS_AGENT = "douane13"
BY_HAND = 3  # those that he typed himself: their hits are his own, a file's go to the duty desk


@dataclass(frozen=True)
class Seed:
    """A truth to come and the notes that make it."""

    truth: Truth
    wishes: tuple[Wish, ...]


def _note(plan: Plan, unit: str, days_ago: int, *made: Made) -> Wish:
    return Wish(
        key="",
        unit=unit,
        naming=True,
        given=made,
        day=plan.today - timedelta(days=days_ago),
        handling=("H0",),
        state="INDEXED",
    )


def _of(wish: Wish, someone: Person) -> Wish:
    return replace(wish, people=(someone,))


def _phones(plan: Plan) -> Iterator[Seed]:
    shared = reserved_phone(0)
    yield Seed(
        Truth("shared_phone", "Le même téléphone détenu par deux services.", values={"phone": shared.value}),
        (_note(plan, CUSTOMS, 150, shared), _note(plan, POLICE, 20, shared)),
    )
    for number in range(1, WAITING + 1):
        waiting = reserved_phone(number)
        yield Seed(
            Truth(
                f"waiting_phone_{number}",
                "Un téléphone que seules les douanes détiennent : la police le saisit pendant le parcours de contrôle.",
                values={"phone": waiting.value, "plate_to_type": f"XW-{number:03d}-ZZ"},
            ),
            (replace(_note(plan, CUSTOMS, 100 + number, waiting), author=CUSTOMS_AGENT, by_hand=number <= BY_HAND),),
        )
    same = reserved_phone(10)
    yield Seed(
        Truth("same_unit", "Le même téléphone, deux notes d'un seul service.", values={"phone": same.value}),
        (_note(plan, POLICE, 60, same), _note(plan, POLICE, 40, same)),
    )
    swapped = reserved_phone(13)
    near = Made("phone", swapped.value[:-2] + swapped.value[-1] + swapped.value[-2])
    yield Seed(
        Truth(
            "swapped_digits",
            "Deux téléphones à deux chiffres inversés : pas de recoupement exact.",
            values={"phone": swapped.value, "near": near.value},
        ),
        (_note(plan, GENDARMERIE, 90, swapped), _note(plan, CUSTOMS, 30, near)),
    )


def _hidden(plan: Plan, setting: Setting) -> Iterator[Seed]:
    lines = (("nobody", "nobody", 20), ("holder_only", "holder_only", 21))
    for name, line, number in lines:
        made = reserved_phone(number)
        kept = replace(_note(plan, CUSTOMS, 80, made), handling=("H3",), h3_line=line)
        yield Seed(
            Truth(
                f"h3_{name}",
                "Une note H3 que personne d'autre ne doit deviner."
                if line == "nobody"
                else "Une note H3 dont seul le détenteur apprend le recoupement.",
                values={"phone": made.value},
            ),
            (kept, _note(plan, POLICE, 15, made)),
        )
    marked = reserved_phone(22)
    yield Seed(
        Truth("silent_mark", "Une note rendue silencieuse par le chef de l'unité.", values={"phone": marked.value}),
        (replace(_note(plan, GENDARMERIE, 70, marked), silent=True), _note(plan, CUSTOMS, 12, marked)),
    )
    inspection = next((u.code for u in setting.units_of("inspection")), "")
    if inspection:
        unseen = reserved_phone(23)
        hidden = replace(_note(plan, inspection, 50, unseen), department="13", forms=("meet_handover", "cash_transfer"))
        yield Seed(
            Truth(
                "silent_inspection",
                "Une note d'une inspection : l'autre service voit le même écran que sans recoupement.",
                values={"phone": unseen.value},
            ),
            (hidden, _note(plan, POLICE, 10, unseen)),
        )


def _people(plan: Plan) -> Iterator[Seed]:
    exact = Person("Mickaël", "Talvignan", "1991-04-17", category="suspect")
    yield Seed(
        Truth("same_person", "La même personne, même nom et même date de naissance : recoupement faible."),
        (_of(_note(plan, GENDARMERIE, 75), exact), _of(_note(plan, CUSTOMS, 25), exact)),
    )
    first = Person("Élise", "Corandrac", "1987-09-03", category="suspect")
    second = Person("Elize", "Corendrak", "1987-09-03", category="unknown")
    yield Seed(
        Truth("two_spellings", "La même personne sous deux orthographes : faible, proposé à qui juge."),
        (_of(_note(plan, POLICE, 85), first), _of(_note(plan, CUSTOMS, 35), second)),
    )
    new_year = Person("Samir", "Valombival", "1990-01-01", category="suspect")
    yield Seed(
        Truth("first_of_january", "Deux homonymes nés un 1er janvier : une année, pas une date ; faible au plus."),
        (_of(_note(plan, POLICE, 65), new_year), _of(_note(plan, GENDARMERIE, 45), new_year)),
    )
    child = Person("Lina", "Belamière", _years_before(plan.today, 9), category="victim")
    yield Seed(
        Truth("child_victim", "Une enfant de moins de 13 ans, victime seulement."),
        (_of(_note(plan, POLICE, 33), child),),
    )
    minor = Person("Enzo", "Dorebert", _years_before(plan.today, 16), category="suspect")
    yield Seed(Truth("minor", "Un mineur de 16 ans : marqué comme tel."), (_of(_note(plan, GENDARMERIE, 28), minor),))


def _years_before(today: date, years: int) -> str:
    return date(today.year - years, 5, 12).isoformat()


def _strengths(plan: Plan, pool: Pool) -> Iterator[Seed]:
    wrong = pool.draw("plate", good=False)
    yield Seed(
        Truth(
            "failed_plate",
            "La même plaque mal formée chez deux services : fort, non certain.",
            values={"plate": wrong.value},
        ),
        (_note(plan, POLICE, 55, wrong), _note(plan, GENDARMERIE, 18, wrong)),
    )
    wallet = pool.draw("wallet", good=True)
    yield Seed(
        Truth("three_services", "Le même portefeuille chez trois services.", values={"wallet": wallet.value}),
        (_note(plan, POLICE, 95, wallet), _note(plan, GENDARMERIE, 48, wallet), _note(plan, CUSTOMS, 8, wallet)),
    )
    judicial = reserved_phone(30)
    yield Seed(
        Truth(
            "judicial_release",
            "Une note judiciaire : sa communication demande l'accord du magistrat.",
            values={"phone": judicial.value},
        ),
        (
            replace(_note(plan, POLICE, 9, judicial), form="hearing_extract", judicial=True),
            _note(plan, GENDARMERIE, 46, judicial),
        ),
    )


def _border_spot(setting: Setting, department: str) -> tuple[str, tuple[float, float], str] | None:
    """A rounded point of the department within 300 m of another one: (commune, point, the other department)."""
    shapes = {code: shapely.from_wkb(wkb) for code, wkb in sorted(setting.department_outlines.items())}
    home = shapes.get(department)
    if home is None:
        return None
    beside = {code: s for code, s in shapes.items() if code != department and shapely.dwithin(home, s, 0.001)}
    for commune in setting.by_department[department]:
        grid = setting.grid(commune.code)
        dots = shapely.points(grid) if grid else []
        for code, shape in beside.items():
            close = shapely.dwithin(shape, dots, 0.004) if grid else []
            for spot, kept in zip(grid, close, strict=True):
                if kept and 0 < distance_m(shape, *spot) <= BORDER_M:
                    return commune.code, spot, code
    return None


def _border(plan: Plan, setting: Setting) -> Iterator[Seed]:
    found = _border_spot(setting, "13")
    if found is None:
        return
    commune, spot, other = found
    made = reserved_phone(40)
    here = replace(_note(plan, POLICE, 22, made), commune=commune, spot=spot, form="fixed_watch")
    yield Seed(
        Truth(
            "border_point",
            "Un point à moins de 300 m d'un autre département : les deux cellules le lisent.",
            values={"department": "13", "other": other, "commune": commune},
        ),
        (here,),
    )


def seeds(plan: Plan, setting: Setting, pool: Pool) -> list[Seed]:
    """All that is planted, in a fixed order."""
    return [
        *_phones(plan),
        *_hidden(plan, setting),
        *_people(plan),
        *_strengths(plan, pool),
        *_border(plan, setting),
    ]
