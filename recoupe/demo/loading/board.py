"""The plan of the made world: what one pole shows for its measures, and one meeting of the committee with its board."""

from datetime import date, timedelta
from uuid import UUID, uuid5

from recoupe.access.agent import Agent
from recoupe.demo.loading.stage import Stage
from recoupe.plan import actions, committee, queries
from recoupe.plan.actions import Proof
from recoupe.plan.enums import Minister, Verdict

KEYS = UUID("6d1c6a2e-3b0f-5b6e-9a63-0a6300000155")
OWNER, SECRETARY, ROLE = "OFAST-PSTR", "OFAST", "plan_manager"
HELD_BEFORE = timedelta(days=40)
# Measure, milestone passed, what shows it; all of it invented.
REFERENCES = (
    (4, "m4_first", "État de la menace, première édition (fictif)"),
    (6, "m6_study", "Étude sur les effets du trafic (fictive)"),
    (49, "", "Plan d'effectifs en discussion (fictif)"),
)
MISSED = (37, Verdict.BLOCKED, "Financement européen suspendu (décision fictive)")


def load_board(stage: Stage) -> int:
    """Show the evidence, hand in one file of values, hold the meeting; how many pieces of evidence there are."""
    owner, secretary = stage.holder(OWNER, ROLE), stage.holder(SECRETARY, ROLE)
    today = stage.world.plan.today
    stage.open_sessions((owner, secretary))
    with stage.process("web"):
        for measure, milestone, label in REFERENCES:
            proof = Proof(label, today - timedelta(days=300), milestone, uuid5(KEYS, label))
            with stage.acting(owner) as agent:
                actions.add_reference(by=agent, card=queries.card(agent, measure), proof=proof)
        with stage.acting(owner) as agent:
            proof = Proof("Relevé des contributions (fictif)", today, key=uuid5(KEYS, "m4"))
            card = queries.card(agent, 4)
            actions.import_values(by=agent, card=card, proof=proof, name="contributions.csv", raw=_file(today))
        with stage.acting(secretary) as agent:
            _meet(agent, today - HELD_BEFORE)
    return len(REFERENCES) + 1


def _meet(agent: Agent, on: date) -> None:
    """One meeting, once: a killed loading goes on."""
    found = [one for one in committee.sessions(agent) if one.held_on == on]
    members = [minister.value for minister in Minister]
    reference = "Relevé de décisions (fictif)"
    session = found[0] if found else actions.hold_session(by=agent, held_on=on, reference=reference, members=members)
    if committee.snapshot_or_none(agent, session) is not None:
        return
    measure, verdict, motive = MISSED
    actions.decide(by=agent, session=session, card=queries.card(agent, measure), verdict=verdict, reason=motive)
    actions.freeze_board(by=agent, session=session)


def _file(today: date) -> bytes:
    years = range(today.year - 4, today.year)
    lines = [f"m4_on_time;01/01/{year};31/12/{year};{70 + 8 * rank};OFAST (fictif)" for rank, year in enumerate(years)]
    return "\n".join(["indicateur;du;au;valeur;source", *lines]).encode()
