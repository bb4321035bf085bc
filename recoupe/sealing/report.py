"""What a letter says once it is opened: one form for those who write it in a browser, without scripts or by telephone.

Length of the head (4 bytes) · the head, JSON in UTF-8 · each photo behind its length (4 bytes). Nothing in it names who
wrote: roles are seen, not persons. What is read here came from a stranger: every part is checked.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from recoupe.kernel.refusal import Invalid, gettext_noop
from recoupe.sealing.letter import AREAS

VERSION = 1
LENGTH = 4
MOST_TEXT = 4000
MOST_PLACE = 300
MOST_PHOTOS = 4
MOST_COMMUNE = 80
JPEG = b"\xff\xd8\xff"
UNCERTAINTIES = (20, 100, 500, 2000)

SENTENCE_EMPTY = gettext_noop("Ce signalement est vide : dites ce que vous avez vu.")
SENTENCE_FORM = gettext_noop("Ce signalement n'a pas la forme prévue.")


class Kind(StrEnum):
    """Why somebody writes."""

    REPORT = "report"
    ADDITION = "addition"


class Days(StrEnum):
    """On which days, as a habit."""

    WEEKDAYS = "weekdays"
    WEEKEND = "weekend"


class Hours(StrEnum):
    """At which hours, as a habit."""

    MORNING = "morning"
    AFTERNOON = "afternoon"
    EVENING = "evening"
    NIGHT = "night"


class Since(StrEnum):
    """For how long it has been so."""

    DAYS = "days"
    WEEKS = "weeks"
    MONTHS = "months"
    YEARS = "years"


class What(StrEnum):
    """What is seen."""

    SALE = "sale"
    DELIVERY = "delivery"
    STORE = "store"
    WATCH = "watch"
    THREAT = "threat"
    OTHER = "other"


class Role(StrEnum):
    """Whom one sees: what somebody does there, never who he is."""

    SELLER = "seller"
    LOOKOUT = "lookout"
    SUPPLIER = "supplier"
    HEAD = "head"
    BUYER = "buyer"
    MINOR = "minor"


@dataclass(frozen=True, slots=True)
class Report:
    """What the form asks; what was left out is empty."""

    area: str
    kind: Kind = Kind.REPORT
    commune: str = ""
    place: str = ""
    point: tuple[float, float] | None = None
    uncertainty_m: int | None = None
    days: tuple[Days, ...] = ()
    hours: tuple[Hours, ...] = ()
    since: Since | None = None
    what: tuple[What, ...] = ()
    roles: tuple[Role, ...] = ()
    text: str = ""
    photos: tuple[bytes, ...] = field(default=(), repr=False)


def write(report: Report) -> bytes:
    """The bytes that are sealed; Invalid for a report that says nothing."""
    if not (report.text or report.what or report.place):
        raise Invalid(SENTENCE_EMPTY, field="text")
    head = {name: told for name, told in asdict(report).items() if name != "photos" and told not in (None, "", ())}
    told = json.dumps({"v": VERSION, **head}, ensure_ascii=False, separators=(",", ":")).encode()
    return b"".join(len(part).to_bytes(LENGTH, "big") + part for part in (told, *report.photos))


def read(content: bytes) -> Report:
    """What an opened letter says; Invalid where any of it is not of this form."""
    try:
        head, *photos = _parts(content)
        told = json.loads(head)
        report = _report(told, tuple(photos))
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise Invalid(SENTENCE_FORM) from error
    return report


def _parts(content: bytes) -> Sequence[bytes]:
    parts, at = list[bytes](), 0
    while at < len(content):
        end = at + LENGTH + int.from_bytes(content[at : at + LENGTH], "big")
        if end > len(content) or len(parts) > MOST_PHOTOS:
            raise ValueError
        parts.append(content[at + LENGTH : end])
        at = end
    return parts


def _report(told: Mapping[str, Any], photos: tuple[bytes, ...]) -> Report:
    if told["v"] != VERSION or not AREAS.fullmatch(told["area"]) or not all(one.startswith(JPEG) for one in photos):
        raise ValueError
    since = told.get("since")
    return Report(
        area=told["area"],
        kind=Kind(told.get("kind", Kind.REPORT)),
        commune=_text(told.get("commune", ""), MOST_COMMUNE),
        place=_text(told.get("place", ""), MOST_PLACE),
        point=_point(told.get("point")),
        uncertainty_m=_uncertainty(told.get("uncertainty_m")),
        days=tuple(Days(one) for one in told.get("days", ())),
        hours=tuple(Hours(one) for one in told.get("hours", ())),
        since=Since(since) if since else None,
        what=tuple(What(one) for one in told.get("what", ())),
        roles=tuple(Role(one) for one in told.get("roles", ())),
        text=_text(told.get("text", ""), MOST_TEXT),
        photos=photos,
    )


def _text(told: Any, most: int) -> str:
    if not isinstance(told, str) or len(told) > most:
        raise ValueError
    return told


def _point(told: Any) -> tuple[float, float] | None:
    if told is None:
        return None
    lon, lat = (float(one) for one in told)
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise ValueError
    return lon, lat


def _uncertainty(told: Any) -> int | None:
    if told is None:
        return None
    if told not in UNCERTAINTIES:
        raise ValueError
    return int(told)
