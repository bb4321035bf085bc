"""The procedure that a judicial row names: the room of procedures finds it, and is handed in from above."""

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol
from uuid import UUID

from recoupe.access.agent import Agent
from recoupe.intelligence.entry import ReportEntry
from recoupe.intelligence.enums import Frame
from recoupe.kernel.refusal import Invalid, gettext_noop

SENTENCE_NUMBERLESS = gettext_noop("Cette ligne nomme une juridiction sans numéro de procédure.")
SENTENCE_NOT_HERE = gettext_noop("Une procédure ne peut pas être nommée ici.")
SENTENCE_TWO_FRAMES = gettext_noop(
    "Cette ligne nomme une procédure et se dit administrative : son cadre est judiciaire, ou elle n'en nomme pas."
)


class Procedures(Protocol):
    """Those that one agent may name."""

    def named(self, typed: str, court: str) -> UUID:
        """The procedure of this number; raises Invalid alike for an absent and for a hidden one."""


class NoProcedures:
    """Where nobody handed any in: a row that names one is refused, never written as if it named none."""

    def __init__(self, _agent: Agent | None = None) -> None:
        """Nothing is read."""

    def named(self, typed: str, court: str) -> UUID:
        """None can be named."""
        raise Invalid(SENTENCE_NOT_HERE, field="case_number")


# Called inside the agent's context; what it returns answers outside it.
Naming = Callable[[Agent], Procedures]


def placed(entry: ReportEntry, typed: str, court: str, procedures: Procedures) -> ReportEntry:
    """The entry with the procedure that its row names; a row that names one is judicial, unless it says otherwise."""
    if not typed.strip():
        if court.strip() and entry.frame == Frame.JUDICIAL:
            raise Invalid(SENTENCE_NUMBERLESS, field="case_number")
        return entry
    frame = entry.frame.strip() or Frame.JUDICIAL.value
    if frame == Frame.ADMINISTRATIVE:
        raise Invalid(SENTENCE_TWO_FRAMES, field="frame")
    try:
        case_id = procedures.named(typed, court)
    except Invalid as fault:
        # The room of procedures knows its fields by other names than a file does.
        name = fault.field if fault.field.startswith("case_") else "case_number"
        raise Invalid(fault.sentence, field=name, **fault.params) from fault
    return replace(entry, frame=frame, case_id=case_id)
