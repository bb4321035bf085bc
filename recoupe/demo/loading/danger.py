"""One danger of the made world: two armed teams of two services, tomorrow at six in the same street."""

from datetime import timedelta

from django.utils import timezone

from recoupe.demo.loading.stage import Stage
from recoupe.operations import actions
from recoupe.operations.actions import EventEntry
from recoupe.operations.enums import EventKind, EventShape
from recoupe.operations.placing import Stop

WHERE = Stop("13055", 5.3698, 43.2965)
TEAMS = (
    ("PJ13", EventKind.ARREST, "Interpellation au petit matin"),
    ("DED13", EventKind.CONTROL, "Contrôle d'un entrepôt"),
)


def load_danger(stage: Stage) -> None:
    """Enter both events, each once; the matcher compares them when it runs, and tells the desks."""
    teams = {stage.holder(unit, "investigator"): (kind, label) for unit, kind, label in TEAMS}
    # Six in the morning exists every day of the year.
    start = (timezone.localtime() + timedelta(days=1)).replace(hour=6, minute=0, second=0, microsecond=0, tzinfo=None)
    stage.open_sessions(teams)
    with stage.process("web"):
        for login, (kind, label) in teams.items():
            if stage.ledger.has(f"danger:{login}"):
                continue
            entry = EventEntry(
                kind=kind,
                shape=EventShape.POINT,
                stops=(WHERE,),
                windows=((start, start + timedelta(hours=4)),),
                armed=True,
                radius_m=100,
                label=label,
            )
            with stage.acting(login) as agent:
                actions.enter(by=agent, entry=entry)
            stage.ledger.add(f"danger:{login}")
