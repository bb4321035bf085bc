"""Procedures of the units, each under a magistrate of a court of its territory."""

from collections.abc import Sequence
from datetime import timedelta
from random import Random

from recoupe.demo.records import AgentDraft, CaseDraft, Plan
from recoupe.demo.setting import Setting

COUNT = 120
# Numbers of the offence nomenclature: transport, possession, supply, acquisition.
OFFENCES = (7990, 7991, 7992, 7993)
ALWAYS = ("PJ13", "SR13", "DED13")  # units of the named accounts: each has a procedure at any scale
_KINDS = {"police_unit": "preliminary", "gendarmerie_unit": "flagrance", "customs_unit": "customs"}


def build_cases(setting: Setting, plan: Plan, agents: Sequence[AgentDraft]) -> tuple[CaseDraft, ...]:
    """Open procedures; one in six is a rogatory commission where the court has an examining judge here."""
    rng = Random(f"{plan.seed}:cases")
    courts = {u.code: u for u in setting.units_of("court")}
    prosecutors = {a.unit: a for a in reversed(agents) if "prosecutor" in a.roles}
    judges = {a.unit: a for a in agents if "examining_judge" in a.roles}
    writers = [a for a in agents if "investigator" in a.roles and setting.unit_by_code[a.unit].kind in _KINDS]
    found: list[CaseDraft] = []
    sure = list({a.unit: a for a in writers if a.unit in ALWAYS}.values())
    for number in range(1, max(plan.count(COUNT), len(sure)) + 1):
        writer = sure.pop() if sure else rng.choice(writers)
        unit = setting.unit_by_code[writer.unit]
        near = [c for c in prosecutors if set(courts[c].departments) & set(unit.departments)]
        if not near:
            continue
        court = rng.choice(sorted(near))
        by_judge = court in judges and rng.random() < 0.4
        magistrate = judges[court] if by_judge else prosecutors[court]
        opened = plan.today - timedelta(days=rng.randrange(20, 700))
        found.append(
            CaseDraft(
                key=f"C{number:04d}",
                number=f"{opened.year}/{number:05d}",
                unit=unit.code,
                court=court,
                magistrate=magistrate.login,
                framework="commission" if by_judge else _KINDS[unit.kind],
                offences=tuple(sorted(rng.sample(OFFENCES, 2))),
                opened_on=opened,
                opened_by=writer.login,
            )
        )
    return tuple(found)
