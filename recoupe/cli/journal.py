"""`recoupe journal`: keys and witnesses for the set-up; verifying and exporting for an inspection."""

import json
import sys
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TextIO
from uuid import UUID

from django.db import connection

from recoupe.access import context
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.audit.exporting import NothingSignedError, Selection, export, written
from recoupe.audit.inspection import Verdict, inspect
from recoupe.audit.keys import WITNESSES
from recoupe.audit.notes import LOG, NOTARY, Checkpoint, Key, UnreadableError
from recoupe.audit.witness import kept_in
from recoupe.cli.obstacle import Obstacle
from recoupe.config.paths import data_folder, public_key
from recoupe.config.roles import connected_as
from recoupe.kernel.refusal import gettext_noop


def run(arguments: Namespace) -> int:
    """The action that was asked for."""
    actions: dict[str, Callable[[Namespace], int]] = {
        "verify": verify,
        "export": write_export,
        "enrol": enrol,
        "retire": retire,
    }
    return actions[arguments.action](arguments)


# --- witnesses, by the set-up ---------------------------------------------------------------------------


def enrol(arguments: Namespace) -> int:
    """Name a witness: from now on its silence stops consultations."""
    key = bytes.fromhex(arguments.key) if arguments.key else public_key(arguments.name)
    if len(key) != 32:
        raise Obstacle(gettext_noop("Une clé de témoin a 32 octets, écrits en 64 chiffres hexadécimaux."))
    with _set_up():
        record(Operation.CONFIGURE, details={"what": "witness", "name": arguments.name})
        _call("SELECT audit.enrol(%s::text, %s::bytea)", arguments.name, key)
    print(f"{arguments.name} est témoin du journal.")
    return 0


def retire(arguments: Namespace) -> int:
    """A witness that is no more: its silence no longer counts, its checkpoints stay proofs."""
    with _set_up():
        record(Operation.CONFIGURE, details={"what": "witness_retired", "name": arguments.name})
        known = _call("SELECT audit.retire(%s::text)", arguments.name)
    print(f"{arguments.name} n'est plus témoin." if known else f"{arguments.name} n'est pas témoin.")
    return 0 if known else 1


@contextmanager
def _set_up() -> Iterator[None]:
    with connected_as("recoupe_owner"), context.service("set-up", "témoins du journal"):
        yield


def _call(query: str, *values: str | bytes) -> object:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return cursor.fetchone()[0]


# --- an inspection -----------------------------------------------------------------------------------------------


def verify(arguments: Namespace) -> int:
    """Hold the whole journal against what the witnesses keep; 1 when something was tampered with."""
    kept = list(_kept(arguments))
    with context.service("inspection", "vérification du journal"):
        record(Operation.CONSULT, details={"what": "journal_verified"})
    verdict = inspect(kept)
    if arguments.json:
        for found in verdict.findings:
            print(json.dumps({"what": found.what, "first": found.first, "last": found.last, "entry": found.entry}))
        print(json.dumps({"leaves": verdict.leaves, "covered": verdict.covered, "whole": verdict.whole}))
    else:
        _tell(verdict, len(kept))
    return 0 if verdict.whole else 1


SHOWN = 20
SAID = {
    "the entry was changed": "une entrée a été modifiée",
    "the entry was deleted": "une entrée a été effacée avant son terme",
    "the entry has no leaf": "une entrée n'est pas dans l'arbre",
    "the entry vanished before it had its leaf": "une entrée a disparu avant d'entrer dans l'arbre",
    "the entry is dated before its place": "une entrée est antidatée",
    "the entry is dated after its place": "une entrée est postdatée",
    "leaves are missing": "des feuilles manquent",
    "leaves that were signed are missing": "des feuilles signées manquent",
    "these leaves are not those that were signed": "ces feuilles ne sont pas celles qui ont été signées",
}


def _tell(verdict: Verdict, kept: int) -> None:
    for found in verdict.findings[:SHOWN]:
        where = f"feuilles {found.first} à {found.last}" if found.first is not None else ""
        entry = f"entrée {found.entry}" if found.entry is not None else ""
        print(f"ATTEINTE : {SAID[found.what]} ({', '.join(part for part in (entry, where) if part)})")
    if len(verdict.findings) > SHOWN:
        print(f"… et {len(verdict.findings) - SHOWN} autres (--json les dit toutes)")
    late = verdict.leaves - verdict.covered + verdict.open_window
    print(f"{verdict.leaves} feuilles, {verdict.covered} couvertes par {kept} jalons gardés par les témoins ;")
    print(f"{verdict.erased} entrées effacées à leur terme ;")
    print(f"{late} dans la fenêtre ouverte (60 s au plus), que rien ne prouve.")
    print("Le journal est entier." if verdict.whole else "Le journal n'est plus celui que les témoins ont vu.")


def _kept(arguments: Namespace) -> Iterator[Checkpoint]:
    """What the witnesses keep, each checkpoint under the notary's signature."""
    key = Key(NOTARY, LOG, bytes.fromhex(arguments.log_key) if arguments.log_key else public_key("notary"))
    paths = arguments.kept or [data_folder() / "journal" / name / "checkpoints.jsonl" for name in WITNESSES]
    for path in paths:
        try:
            found = kept_in(path)
        except (OSError, UnreadableError, ValueError) as error:
            raise Obstacle(gettext_noop("%(path)s n'est pas le fichier d'un témoin."), path=str(path)) from error
        for point in found:
            if not point.signed_by(key):
                raise Obstacle(gettext_noop("%(path)s contient un jalon que le notaire n'a pas signé."), path=str(path))
            yield point


def write_export(arguments: Namespace) -> int:
    """Write what anybody can verify with docs/journal/verify.py."""
    wanted = Selection(_day(arguments.since), _day(arguments.until), arguments.actor, arguments.ref)
    earlier = list(_kept(arguments)) if arguments.kept else []
    with context.service("inspection", arguments.motive):
        record(Operation.EXPORT, refs=[_ref(wanted.ref)] if wanted.ref else [], details={"what": "journal_export"})
    try:
        count = 0
        with arguments.file.open("x", encoding="utf-8") if arguments.file else _standard() as stream:
            for line in written(export(wanted, earlier)):
                stream.write(line)
                count += 1
    except NothingSignedError as error:
        raise Obstacle(
            gettext_noop("Le notaire n'a encore rien signé : attendez une minute, puis recommencez.")
        ) from error
    except FileExistsError as error:
        raise Obstacle(gettext_noop("%(path)s existe déjà : donnez un autre nom."), path=str(arguments.file)) from error
    print(f"{count} lignes écrites", file=sys.stderr)
    return 0


@contextmanager
def _standard() -> Iterator[TextIO]:
    yield sys.stdout


def _ref(text: str) -> tuple[str, UUID]:
    kind, _, value = text.partition(":")
    return kind, UUID(value)


def _day(text: str) -> datetime | None:
    return datetime.fromisoformat(text).astimezone() if text else None
