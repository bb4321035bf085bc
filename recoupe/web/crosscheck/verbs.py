"""The steps of a contact on its page: for which voices each is open, which form it needs, which action it calls."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from recoupe.crosscheck import actions
from recoupe.crosscheck.enums import ContactState, ReleaseState, Resolution, Side, Voice
from recoupe.crosscheck.models import HitSide
from recoupe.crosscheck.permissions import NOT_HELD
from recoupe.kernel.refusal import Refused
from recoupe.reference.queries import unit_by_id
from recoupe.web.crosscheck.forms import (
    EscalateForm,
    MessageForm,
    ReasonForm,
    ReleaseForm,
    ResolutionForm,
    SettleForm,
    VoiceForm,
)
from recoupe.web.crosscheck.standing import Standing

Run = Callable[[Standing, Any], object]
Open = Callable[[Standing], list[Voice]]


@dataclass(frozen=True, slots=True)
class Verb:
    """One step."""

    slug: str
    label: Promise
    voices: Open
    run: Run
    form: type[VoiceForm] = VoiceForm
    help: Promise | str = ""
    danger: bool = False

    def bind(self, of: Standing, data: Any = None) -> VoiceForm:
        """The form of this step, for the voices in which the agent may take it."""
        mine = self.voices(of) or of.page.voices
        more: dict[str, Any] = {}
        if self.form is EscalateForm:
            more["courts"] = of.courts
        if self.form is ReleaseForm:
            more["recipients"] = recipients(of)
        return self.form(data, auto_id=f"id_{self.slug}_%s", voices=[(v.value, spoken(of, v)) for v in mine], **more)


@dataclass(frozen=True, slots=True)
class Offer:
    """A step that the agent may take, with its form."""

    verb: Verb
    form: VoiceForm = field(repr=False)
    is_open: bool


def spoken(of: Standing, voice: Voice) -> str:
    """A voice in words."""
    if voice == Voice.ARBITER:
        return str(voice.label)
    names = {"unit": of.thread.name_of(Side(voice.value)), "side": voice.label}
    return gettext("%(unit)s (%(side)s)") % names


def recipients(of: Standing) -> list[tuple[str, str]]:
    """The one service to which the agent's record may go in this contact."""
    if of.own is None:
        return []
    unit = unit_by_id(of.thread.unit_of(Side(of.own.side).other))
    return [(str(unit.id), unit.name)]


# --- For which voices a step is open ----------------------------------------------------------------------------
def _write(of: Standing) -> list[Voice]:
    return of.page.voices if of.open else []


def _make(of: Standing) -> list[Voice]:
    waits = of.state == ContactState.REQUESTED
    return [voice for voice in of.sides if waits and voice != of.thread.requested_side]


def _propose(of: Standing) -> list[Voice]:
    # Two registrations are settled by who leads, on the page of their conflict.
    return of.sides if of.may(ContactState.RESOLVED) and not of.arbitrates and of.settlement is None else []


def _accept(of: Standing) -> list[Voice]:
    proposed = bool(of.thread.proposed_resolution)
    mine = _propose(of)
    return mine if proposed and of.thread.proposed_side not in mine else []


def _escalate(of: Standing) -> list[Voice]:
    return of.page.voices if of.may_escalate() else []


def _settle(of: Standing) -> list[Voice]:
    return [Voice.ARBITER] if of.arbitrates and of.may(ContactState.RESOLVED) and not of.for_magistrates else []


def _request(of: Standing) -> list[Voice]:
    if not of.open or not of.thread.content_allowed:
        return []
    return [v for v in of.sides if not of.live(of.across(v)) and not of.granted(of.across(v))]


def _withdraw(of: Standing) -> list[Voice]:
    found = [(voice, of.live(of.across(voice))) for voice in of.sides]
    return [voice for voice, release in found if release and release.state == ReleaseState.REQUESTED]


def _release(of: Standing) -> list[Voice]:
    ready = of.may_release and of.held is not None and not of.release_refusal
    return [Voice(of.own.side)] if ready and of.own else []


def _refuse(of: Standing) -> list[Voice]:
    return [Voice(of.own.side)] if of.own and of.live(of.own.side) else []


# --- What each one does ------------------------------------------------------------------------------------------
def _run_write(of: Standing, form: Any) -> None:
    said, last = form.cleaned_data, of.page.messages[-1:]
    if not said["key"] and last and (last[0].author_id, last[0].text) == (of.agent.id, said["text"]):
        return  # sent twice by something that keeps no form: the same words at once are the same message
    actions.write_message(by=of.agent, thread=of.thread, text=said["text"], voice=form.voice, key=said["key"])


def _run_resolution(of: Standing, form: Any) -> None:
    wanted = Resolution(form.cleaned_data["resolution"])
    actions.propose_resolution(by=of.agent, thread=of.thread, resolution=wanted, voice=form.voice)


def _run_settle(of: Standing, form: Any) -> None:
    wanted, why = Resolution(form.cleaned_data["resolution"]), form.cleaned_data["reason"]
    actions.settle(by=of.agent, thread=of.thread, resolution=wanted, reason=why)


def _run_escalate(of: Standing, form: Any) -> None:
    court = next((unit for unit in of.courts if unit.id == form.cleaned_data.get("court")), None)
    actions.escalate(
        by=of.agent, thread=of.thread, reason=form.cleaned_data["reason"], court=court, voice=form.voice
    )  # fmt: skip


def _run_request(of: Standing, form: Any) -> None:
    actions.request_release(by=of.agent, thread=of.thread, reason=form.cleaned_data["reason"], voice=form.voice)


def _run_release(of: Standing, form: Any) -> None:
    data = form.cleaned_data
    actions.release_record(by=of.agent, side=_own(of), recipient=data["recipient"], reason=data["reason"])


def _run_refuse(of: Standing, form: Any) -> None:
    actions.refuse_release(by=of.agent, side=_own(of), reason=form.cleaned_data["reason"])


def _own(of: Standing) -> HitSide:
    if of.own is None:
        raise Refused(NOT_HELD)
    return of.own


VERBS: tuple[Verb, ...] = (
    Verb("etablir", _("Confirmer le contact"), _make,
         lambda of, form: actions.make_contact(by=of.agent, thread=of.thread, voice=form.voice),
         help=_("Vous vous êtes parlé. Répondre par un message le confirme aussi.")),
    Verb("accepter", _("Accepter le règlement proposé"), _accept,
         lambda of, form: actions.accept_resolution(by=of.agent, thread=of.thread, voice=form.voice),
         help=_("Le contact sera réglé par les deux services.")),
    Verb("trancher", _("Trancher"), _settle, _run_settle, SettleForm,
         _("Votre décision règle le contact.")),
    Verb("communiquer", _("Communiquer notre fiche"), _release, _run_release, ReleaseForm),
    Verb("refuser", _("Refuser la communication"), _refuse, _run_refuse, ReasonForm, danger=True),
    Verb("demander", _("Demander communication de leur fiche"), _request, _run_request, ReasonForm,
         _("Le service qui la détient décide seul ; une fiche judiciaire demande aussi l'accord du magistrat.")),
    Verb("retirer", _("Retirer notre demande"), _withdraw,
         lambda of, form: actions.withdraw_release(by=of.agent, thread=of.thread, voice=form.voice)),
    Verb("proposer", _("Proposer un règlement"), _propose, _run_resolution, ResolutionForm,
         _("L'autre service l'accepte, ou en propose un autre.")),
    Verb("saisir", _("Porter à l'autorité supérieure"), _escalate, _run_escalate, EscalateForm,
         _("Chef de la CROSS, puis OFAST, puis parquet. L'autorité saisie lira tout l'échange."), danger=True),
)  # fmt: skip
MESSAGE = Verb("ecrire", _("Envoyer"), _write, _run_write, MessageForm)
BY_SLUG: Mapping[str, Verb] = {verb.slug: verb for verb in (*VERBS, MESSAGE)}
# What only whoever holds the record may do (P-50); a relay speaks, and holds nothing.
OF_HOLDER = frozenset({"communiquer", "refuser"})
# What only the authority may do to which the contact was carried (P-56), for whomever else somebody speaks in it.
OF_ARBITER = frozenset({"trancher"})
# What somebody waits for is unfolded.
ANSWERS = frozenset({"etablir", "accepter", "trancher"})


def offers(of: Standing, bound: Mapping[str, VoiceForm], *, late: bool = False) -> list[Offer]:
    """What the agent may do now; what he is asked for, and a form that was just refused, are unfolded.

    So is the way to an authority once the term has passed.
    """
    asked_for = ANSWERS | ({"saisir"} if late else set())
    answering = of.own is not None and of.live(of.own.side) is not None
    return [
        Offer(
            verb,
            bound.get(verb.slug) or verb.bind(of),
            verb.slug in bound or verb.slug in asked_for or (verb.slug == "communiquer" and answering),
        )
        for verb in VERBS
        if verb.slug in bound or verb.voices(of)
    ]
