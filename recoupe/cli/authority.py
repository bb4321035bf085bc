"""`recoupe authority`: two named authorities at once, by the set-up; never while the house can name its own."""

import json
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from django.utils import timezone

from recoupe.access.codes import code_hash, new_code
from recoupe.access.rules import checked_reason
from recoupe.cli.arguments import Person
from recoupe.cli.folder import Folder
from recoupe.cli.migrate import administrator, say
from recoupe.cli.obstacle import Obstacle, require_installation
from recoupe.config.credentials import whole
from recoupe.config.files import write_durably
from recoupe.config.paths import credential
from recoupe.config.roles import connected_as
from recoupe.kernel.refusal import gettext_noop
from recoupe.reference.models import Unit

WHY_NOT = {
    "alone": gettext_noop("Il faut deux personnes : l'une ne fait entrer personne sans l'autre. Nommez-en deux."),
    "founded": gettext_noop(
        "Cette maison a une autorité d'habilitation : c'est elle qui désigne les autres. Si plus personne n'entre : "
        "recoupe authority --recover."
    ),
    "lets_in": gettext_noop(
        "Une autorité et une seconde personne entrent encore : elles rendent l'accès à qui l'a perdu, sur le site."
    ),
    "no_administrator": gettext_noop(
        "--recover demande l'administrateur de la base : donnez son adresse dans DATABASE_URL."
    ),
}
NO_ACCOUNT = gettext_noop(
    "« %(login)s » n'a pas de compte : écrivez identifiant=Nom complet@SERVICE, avec le code d'un service ouvert."
)


def run(arguments: Namespace) -> int:
    """Name them, then write each code in a file of its own: it opens nothing but the enrolment of a key, once."""
    motive = checked_reason(arguments.motive)
    folder = Folder()
    require_installation("migrate")
    place = arguments.codes or folder.path / "codes"
    with administrator(leaves_running=True) as url:
        people = _with_units(arguments.people)
        codes = {person["login"]: new_code() for person in people}
        told = [person | {"hash": code_hash(codes[person["login"]]).hex()} for person in people]
        # First the files: a code that could not be written would be lost, and its house shut again.
        written = _write(place, codes)
        try:
            _found(_address(url, arguments), told, motive, arguments)
        except BaseException:
            for path in written:
                path.unlink(missing_ok=True)
            raise
    for path in written:
        say(f"  {path}")
    say(
        "Remettez à chaque autorité son fichier, à elle seule, puis effacez-le : le code sert une fois, sous 24 heures,"
    )
    say("à la page d'identification, « J'ai reçu un code : enregistrer ma clé ».")
    return 0


def _with_units(people: Sequence[Person]) -> list[dict[str, Any]]:
    """Each with the identifier of his service, if he was told with one."""
    today = timezone.localdate()
    found = []
    with connected_as("recoupe_owner"):
        for person in people:
            unit = Unit.objects.filter(code=person.unit).first() if person.unit else None
            if person.unit and not (unit and unit.works_on(today)):
                raise Obstacle(NO_ACCOUNT, login=person.login)
            found.append({"login": person.login, "name": person.name, "unit": str(unit.id) if unit else None})
    return found


def _write(place: Path, codes: dict[str, str]) -> list[Path]:
    """One file a person, for this account alone."""
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    files = {place / f"autorite-{number}.txt": login for number, login in enumerate(sorted(codes), 1)}
    for path in files:
        if path.exists():
            raise Obstacle(gettext_noop("%(path)s existe déjà : remettez-le ou effacez-le d'abord."), path=str(path))
    for path, login in files.items():
        write_durably(path, f"{login}\n{codes[login]}\n")
    return list(files)


def _address(url: str, arguments: Namespace) -> str:
    """The set-up's own; the administrator's, in this house's database, to unseal."""
    own = whole(credential("recoupe_owner"))
    return urlunsplit(urlsplit(url)._replace(path=urlsplit(own).path)) if arguments.recover else own


def _found(url: str, people: list[dict[str, Any]], motive: str, arguments: Namespace) -> None:
    """All of it or nothing, with a line of the journal each; the base itself says when it may not be."""
    with psycopg.connect(url) as direct:
        service = "recovery" if arguments.recover else "set-up"
        direct.execute("SELECT access.open_service(%s::text, %s::text)", [service, motive])
        try:
            row = direct.execute("SELECT desk.found(%s::jsonb, %s)", [json.dumps(people), arguments.recover]).fetchone()
        except psycopg.errors.NotNullViolation as error:
            known = next(one["login"] for one in people if one["unit"] is None)
            raise Obstacle(NO_ACCOUNT, login=known) from error
        if row and row[0]:
            raise Obstacle(WHY_NOT[row[0]])
