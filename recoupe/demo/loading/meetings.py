"""The cross-check of what was loaded, and the contacts of the planted pairs, as far as each one goes."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from recoupe.crosscheck import actions
from recoupe.crosscheck.engine import serving
from recoupe.crosscheck.enums import Resolution, Side
from recoupe.crosscheck.keys import check_key
from recoupe.crosscheck.models import ContactThread, HitSide
from recoupe.demo.loading.stage import Stage
from recoupe.demo.pairs import CONTACT_STEPS
from recoupe.demo.records import PairDraft

GIVERS = ("unit_head", "cross_head")  # who answers the duty telephone reads no note of the unit
DUTY = ("duty_officer", "unit_head", "cross_head")
LANES = ("express", "bulk")


def load_matches(stage: Stage) -> None:
    """Compare all that waits, as the matcher does; one that starts later finds its index whole and enters nothing."""
    with stage.process("matcher"):
        check_key()
        actions.begin(serving())
        for lane in LANES:
            while actions.pull(lane).records:
                continue


def load_contacts(stage: Stage) -> None:
    """The two duty desks of each pair speak, as far as the pair says."""
    units = {p.key: (stage.drafts[p.second].unit, stage.drafts[p.first].unit) for p in stage.world.pairs}
    desks = {key: (stage.holder(one, *DUTY), stage.holder(other, *DUTY)) for key, (one, other) in units.items()}
    givers = [stage.holder(one, *GIVERS) for _, one in units.values()]
    stage.open_sessions(login for pair in (*desks.values(), givers) for login in pair)
    with stage.process("web"):
        for pair in stage.world.pairs:
            step = f"pair:{pair.key}"
            if not stage.ledger.has(step):
                stage.ledger.add(step, str(_thread(stage, pair, desks[pair.key])))
            asked, held = (stage.reports[key][0] for key in (pair.second, pair.first))
            talk = _Talk(stage, UUID(stage.ledger.value(step)), *desks[pair.key], asked, held)
            for rank, verb in enumerate(CONTACT_STEPS[pair.contact]):
                if not stage.ledger.has(f"{step}:{rank}"):
                    VERBS[verb](talk)
                    stage.ledger.add(f"{step}:{rank}")


def _thread(stage: Stage, pair: PairDraft, desks: tuple[str, str]) -> UUID:
    """The channel that joins the two notes: the one that both desks see."""
    seen: list[set[UUID]] = []
    for login, key in zip(desks, (pair.second, pair.first), strict=True):
        with stage.acting(login):
            sides = HitSide.objects.filter(record_id=stage.reports[key][0], thread_id__isnull=False)
            seen.append({found for found in sides.values_list("thread_id", flat=True) if found})
    both = seen[0] & seen[1]
    if not both:
        raise LookupError(f"{pair.key}: the two notes did not meet")
    return both.pop()


@dataclass(frozen=True)
class _Talk:
    """One contact: who speaks, and each one's own record."""

    stage: Stage
    thread_id: UUID
    asker: str
    holder: str
    asked: UUID  # the asker's own record
    held: UUID  # the holder's

    @property
    def thread(self) -> ContactThread:
        """The contact as it stands."""
        found: ContactThread = ContactThread.objects.get(id=self.thread_id)
        return found

    def side(self, record: UUID) -> HitSide:
        """One's own side of the hit."""
        found: HitSide = HitSide.objects.get(thread_id=self.thread_id, record_id=record)
        return found


def _request(talk: _Talk) -> None:
    with talk.stage.acting(talk.asker) as agent:
        text = "Bonjour, nous travaillons sur un identifiant commun. Êtes-vous disponibles cette semaine ?"
        actions.open_contact(by=agent, side=talk.side(talk.asked), text=text)


def _answer(talk: _Talk) -> None:
    with talk.stage.acting(talk.holder) as agent:
        text = "Bien reçu. Dossier actif chez nous, nous pouvons en parler demain matin."
        actions.write_message(by=agent, thread=talk.thread, text=text)


def _ask(talk: _Talk) -> None:
    with talk.stage.acting(talk.asker) as agent:
        actions.request_release(by=agent, thread=talk.thread, reason="Pour rapprocher les deux procédures.")


def _give(talk: _Talk) -> None:
    stage = talk.stage
    with stage.acting(stage.holder(stage.agents[talk.holder].unit, *GIVERS)) as agent:
        side = talk.side(talk.held)
        recipient = talk.thread.unit_of(Side(side.side).other)
        actions.release_record(by=agent, side=side, recipient=recipient, reason="Utile à votre enquête en cours.")


def _keep(talk: _Talk) -> None:
    with talk.stage.acting(talk.holder) as agent:
        actions.refuse_release(by=agent, side=talk.side(talk.held), reason="Trop tôt : surveillance en cours.")


def _propose(talk: _Talk) -> None:
    with talk.stage.acting(talk.asker) as agent:
        actions.propose_resolution(by=agent, thread=talk.thread, resolution=Resolution.SAME_NETWORK)


def _accept(talk: _Talk) -> None:
    with talk.stage.acting(talk.holder) as agent:
        actions.accept_resolution(by=agent, thread=talk.thread)


def _escalate(talk: _Talk) -> None:
    with talk.stage.acting(talk.asker) as agent:
        actions.escalate(by=agent, thread=talk.thread, reason="Sans réponse depuis plusieurs jours.")


VERBS: dict[str, Callable[[_Talk], None]] = {
    "request": _request,
    "answer": _answer,
    "ask": _ask,
    "give": _give,
    "keep": _keep,
    "propose": _propose,
    "accept": _accept,
    "escalate": _escalate,
}
