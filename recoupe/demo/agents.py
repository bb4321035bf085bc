"""Some 200 agents in all services, and the few accounts that `make demo` prints."""

from collections.abc import Iterator
from random import Random

from recoupe.demo import names
from recoupe.demo.records import AgentDraft, Plan
from recoupe.demo.setting import Setting, UnitSeat

# (login, unit, role, what the printed list says of it)
NAMED = (
    ("pj13.enq1", "PJ13", "investigator", "enquêtrice de police judiciaire"),
    ("pj13.chef", "PJ13", "unit_head", "chef de ce service de police"),
    ("pj13.perm", "PJ13", "duty_officer", "permanence de ce service de police"),
    ("gend13", "SR13", "investigator", "enquêteur de gendarmerie"),
    ("gend13.chef", "SR13", "unit_head", "chef de ce service de gendarmerie"),
    ("douane13", "DED13", "investigator", "enquêtrice des douanes"),
    ("douane13.chef", "DED13", "unit_head", "chef de ce service des douanes"),
    ("douane13.perm", "DED13", "duty_officer", "permanence de ce service des douanes"),
    ("cross13.analyste", "CROSS13", "cross_analyst", "analyste de la CROSS"),
    ("cross13.chef", "CROSS13", "cross_head", "chef de la CROSS"),
    ("ofast.analyste", "OFAST", "ofast_analyst", "analyste de l'OFAST"),
    ("ofast.fnos", "OFAST", "registry_manager", "gestionnaire du FNOS"),
    ("parquet13", "TJ13", "prosecutor", "parquet du tribunal compétent"),
    ("parquet.ailleurs", "", "prosecutor", "parquet d'un autre tribunal"),
    ("juge", "TJ13", "examining_judge", "juge d'instruction"),
    ("igpn.chef", "IGPN", "unit_head", "chef de cette inspection"),
    ("igpn.enq1", "IGPN", "investigator", "enquêteur d'une inspection (service silencieux)"),
    ("dpo", "OFAST", "dpo", "déléguée à la protection des données"),
    ("admin", "OFAST", "sysadmin", "administrateur technique"),
    ("autorite", "OFAST", "designating_authority", "autorité d'habilitation"),
    ("ofast.veille", "OFAST", "watch_desk", "officier de veille de l'office"),
    ("ofast.plan", "OFAST", "plan_manager", "secrétariat du comité des ministres"),
    ("pole.strategie", "OFAST-PSTR", "plan_manager", "référent du plan d'un pôle de l'office"),
    ("igpn.controle", "IGPN", "inspection", "contrôle du journal, pour une inspection"),
)
# One writer of these stands everywhere, so that every department is somebody's.
EVERYWHERE = ("antenna", "customs_unit")
BOTH = ("investigator", "unit_head")  # where one agent stands alone he heads his unit as well
PER_UNIT = {
    "PJ": ("investigator", "investigator", "unit_head", "duty_officer"),
    "SP": ("investigator", "unit_head"),
    "SR": ("investigator", "unit_head"),
    "CROSS": ("cross_analyst", "cross_head"),
    "TJ": ("prosecutor",),
}
SHORT = {
    "investigator": "enq",
    "unit_head": "chef",
    "duty_officer": "perm",
    "cross_analyst": "analyste",
    "cross_head": "chef",
    "prosecutor": "parquet",
    "ofast_analyst": "analyste",
    "registry_manager": "fnos",
    "watch_desk": "veille",
    "plan_manager": "plan",
}
FULL = 8  # departments whose every unit is staffed
LIGHT = ("CROSS", "GGD")  # beyond, one agent of the cell holds both its roles, one gendarme writes
SIZE = 210


def _name(rng: Random) -> str:
    return f"{rng.choice(names.WORDS['given'])} {names.invented_word(rng)}"


def _other_court(setting: Setting, unit: str) -> str:
    """Another court of the same department where there is one: the same cell, another magistrate."""
    home = setting.unit_by_code[unit]
    near = [c for c in setting.units_of("court") if c.code != unit and set(c.departments) & set(home.departments)]
    return (near or [c for c in setting.units_of("court") if c.code != unit])[0].code


def _named(setting: Setting, rng: Random) -> Iterator[AgentDraft]:
    for login, code, role, label in NAMED:
        unit = setting.unit_by_code[code or _other_court(setting, "TJ13")]
        yield AgentDraft(login, _name(rng), unit.code, (role,), unit.service, named=label)


def _family(unit: UnitSeat) -> str:
    """What stands before the department in the unit's code."""
    return next((family for family in (*PER_UNIT, *LIGHT) if unit.code.startswith(family)), "")


def _own_units(setting: Setting, department: str) -> list[UnitSeat]:
    """The units of that one department that write or read notes, in the order of their codes."""
    return sorted(
        (u for u in setting.units if _family(u) and u.departments == (department,)), key=lambda unit: unit.code
    )


def _alone(unit: UnitSeat, rng: Random) -> AgentDraft:
    return AgentDraft(f"{unit.code.lower()}.enq1", _name(rng), unit.code, BOTH, unit.service)


def _light(unit: UnitSeat, rng: Random) -> Iterator[AgentDraft]:
    if unit.kind == "cross":
        roles: tuple[str, ...] = ("cross_analyst", "cross_head")
        yield AgentDraft(f"{unit.code.lower()}.analyste1", _name(rng), unit.code, roles, unit.service)
    else:
        yield _alone(unit, rng)


def _of_unit(unit: UnitSeat, roles: tuple[str, ...], rng: Random) -> Iterator[AgentDraft]:
    seen: dict[str, int] = {}
    for role in roles:
        short = SHORT[role]
        seen[short] = seen.get(short, 0) + 1
        number = str(seen[short]) if short in ("enq", "analyste", "parquet") else ""
        yield AgentDraft(f"{unit.code.lower()}.{short}{number}", _name(rng), unit.code, (role,), unit.service)


def build_agents(setting: Setting, plan: Plan) -> tuple[AgentDraft, ...]:
    """The named accounts, one writer everywhere, then whole departments until some 200 agents stand."""
    rng = Random(f"{plan.seed}:agents")
    agents = {a.login: a for a in _named(setting, rng)}
    held = {(a.unit, a.roles[0]) for a in agents.values()}

    def add(unit: UnitSeat, roles: tuple[str, ...]) -> None:
        for agent in _of_unit(unit, roles, rng):
            if agent.roles[0] == "investigator" or (unit.code, agent.roles[0]) not in held:
                agents.setdefault(agent.login, agent)

    for kind in EVERYWHERE:
        for unit in setting.units_of(kind):
            agents.setdefault(f"{unit.code.lower()}.enq1", _alone(unit, rng))
    size = max(plan.count(SIZE), SIZE)  # a smaller world keeps its services
    for rank, department in enumerate(sorted(setting.weights, key=lambda d: -setting.weights[d])):
        if len(agents) >= size:
            break
        for unit in _own_units(setting, department):
            family = _family(unit)
            if rank < FULL and family in PER_UNIT:
                add(unit, PER_UNIT[family])
            elif family in LIGHT:
                for agent in _light(unit, rng):
                    agents.setdefault(agent.login, agent)
    return tuple(agents.values())
