"""The rows of the quarterly review, written by a function: by a template they would cost most of the page's time."""

from collections.abc import Callable, Iterable

from django.template import Context
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from recoupe.desk.queries import Due
from recoupe.web.markup import text
from recoupe.web.shell import pages_of

Put = Callable[[Due], str]


def review_rows(context: Context, rows: Iterable[Due]) -> SafeString:
    """A designation a row: whose, what, when it was last looked at, and the two answers to give."""
    token = f'<input type="hidden" name="csrfmiddlewaretoken" value="{text(context["csrf_token"])}">'
    agent, role, answers = _agent(), _role(), _answers(token)
    looked = text(gettext("Dernier regard"))
    return SafeString(
        "\n".join(
            f'<tr>{agent(row)}{role(row)}<td data-label="{looked}">{row.looked_at:%d/%m/%Y}</td>{answers(row)}</tr>'
            for row in rows
        )
    )


def _agent() -> Put:
    page = pages_of("habilitation-page")

    def put(row: Due) -> str:
        door = f'<a href="{text(page(row.agent_id))}">{text(row.name)}</a>'
        return f'<th scope="row">{door}<span class="table__sub">{text(row.unit_name)}</span></th>'

    return put


def _role() -> Put:
    label, by, purposes = text(gettext("Rôle")), gettext("par %(who)s"), gettext("pour : %(purposes)s")

    # Few roles and few sets of purposes make up a page: each is said once.
    said = dict[tuple[str, ...], tuple[str, str]]()

    def put(row: Due) -> str:
        key = (row.role, *row.purposes)
        if key not in said:
            said[key] = text(row.role_label), text(purposes % {"purposes": ", ".join(row.purpose_labels)})
        role, within = said[key]
        who = text(by % {"who": row.designated_by})
        subs = "".join(f'<span class="table__sub">{one}</span>' for one in (who, within))
        return f'<td data-label="{label}"><span>{role}{subs}</span></td>'

    return put


def _answers(token: str) -> Put:
    label, keep, take = text(gettext("Décision")), text(gettext("Garder")), text(gettext("Retirer"))
    sure = text(gettext("Retirer cette habilitation ? La prochaine action de l'agent sera refusée."))
    kept, taken = pages_of("review-act", "garder"), pages_of("review-act", "retirer")

    def form(address: str, button: str, said: str, name: str) -> str:
        whose = f'<span class="visually-hidden"> {text(name)}</span>'
        press = f'<button class="button {button} type="submit">{said}{whose}</button>'
        return f'<form method="post" action="{text(address)}">{token}{press}</form>'

    def put(row: Due) -> str:
        forms = form(kept(row.id), 'button--sm"', keep, row.name)
        forms += form(taken(row.id), f'button--danger button--sm" data-confirm="{sure}"', take, row.name)
        return f'<td data-label="{label}"><div class="actions">{forms}</div></td>'

    return put
