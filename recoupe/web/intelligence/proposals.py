"""Identifiers found in what is being typed, with what the author may already read of them, and nothing beyond."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from django.http import HttpResponse, JsonResponse
from django.utils.formats import date_format
from django.utils.timezone import localdate
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_noop as _n
from django.views.decorators.http import require_POST

from recoupe.access.agent import Agent
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.intelligence import permissions, queries, vocabulary
from recoupe.intelligence.entry import SelectorEntry
from recoupe.intelligence.reading import ASSESSMENT_MAX, FACT_MAX, SELECTORS_MAX
from recoupe.kernel.refusal import Invalid
from recoupe.kernel.selectors import KIND_LABELS, SelectorKind, normalise, propose
from recoupe.kernel.text import clean_text
from recoupe.web.middleware import StaffRequest
from recoupe.web.policy import policy

UNREADABLE = _n("Ce message n'est pas du JSON avec un champ « text ».")
LONGEST = FACT_MAX + ASSESSMENT_MAX


@dataclass(frozen=True, slots=True)
class Proposal:
    """One identifier found in a text, as a chip shows it."""

    kind: str
    kind_label: str
    raw: str
    value: str
    warning: str
    known: str = ""

    @property
    def key(self) -> str:
        """What its box sends when it is ticked."""
        return f"{self.kind}:{self.value}"


def found_in(text: str) -> list[Proposal]:
    """The identifiers of a text, each once, in the order in which they are read."""
    proposals: dict[tuple[str, str], Proposal] = {}
    for mention in propose(text):
        selector = mention.selector
        if selector.kind is SelectorKind.PERSON:
            continue
        proposals.setdefault(
            (selector.kind.value, selector.value),
            Proposal(
                kind=selector.kind.value,
                kind_label=gettext(KIND_LABELS[selector.kind]),
                raw=selector.raw,
                value=selector.value,
                warning=gettext(selector.warning) if selector.warning else "",
            ),
        )
    return list(proposals.values())[:SELECTORS_MAX]


def key_of(selector: SelectorEntry) -> str:
    """The key of an identifier typed by hand, so that what was typed is not proposed as new; "" when unreadable."""
    try:
        found = normalise(selector.kind, selector.raw)
    except (Invalid, ValueError):
        return ""
    return f"{found.kind.value}:{found.value}"


def with_known(agent: Agent, proposals: list[Proposal]) -> list[Proposal]:
    """The same, each with the reports that the agent may read and that hold it; asking is an entry of the journal."""
    if not proposals:
        return []
    held = queries.known(agent, [(p.kind, p.value) for p in proposals])
    record(
        Operation.SEARCH,
        refs=[("report", report) for report in sorted({line.report_id for line in held})],
        details={"what": "known", "kinds": sorted({p.kind for p in proposals})},
        result_count=len(held),
    )
    return [Proposal(p.kind, p.kind_label, p.raw, p.value, p.warning, _known_words(p, held)) for p in proposals]


def _known_words(proposal: Proposal, held: Iterable[queries.Holding]) -> str:
    lines = [line for line in held if (line.kind, line.value) == (proposal.kind, proposal.value)]
    if not lines:
        return ""
    last = lines[0]
    words = gettext("déjà connu de vous : %(ref)s, %(day)s") % {
        "ref": last.ref,
        "day": date_format(localdate(last.at), "d/m/Y"),
    }
    more = len({line.report_id for line in lines}) - 1
    return words + (ngettext(" et %(n)s autre", " et %(n)s autres", more) % {"n": more} if more else "")


def sensitive_notice(text: str) -> str:
    """R-SENS-1: the words that will ask for a second reader, said while typing; a warning, never a verdict."""
    words = list(dict.fromkeys(found.word.lower() for found in vocabulary.sensitive_words(text)))[:5]
    if not words:
        return ""
    return gettext(
        "Mots sensibles : %(words)s. Gardez-les seulement s'ils sont indispensables ; "
        "une seconde personne relira la fiche avant toute diffusion."
    ) % {"words": ", ".join(words)}


def _text(request: StaffRequest) -> str:
    if request.content_type != "application/json":
        raise Invalid(UNREADABLE)
    try:
        typed = json.loads(request.body)["text"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Invalid(UNREADABLE) from error
    if not isinstance(typed, str):
        raise Invalid(UNREADABLE)
    return clean_text(typed, LONGEST, "text")


@policy(roles=permissions.AUTHORS)
@require_POST
def proposals(request: StaffRequest) -> HttpResponse:
    """{"text": "…"} → {"mentions": [{kind, kind_label, raw, value, warning, known}], "notice": "…"}."""
    text = _text(request)
    mentions = [asdict(proposal) for proposal in with_known(request.agent, found_in(text))]
    return JsonResponse({"mentions": mentions, "notice": sensitive_notice(text)})
