"""`recoupe journal`: keys and witnesses for the set-up; verifying and exporting for an inspection."""

import json
import sys
from argparse import Namespace
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TextIO

from django.db import DatabaseError, connection

from recoupe.access import context
from recoupe.access.rules import LONGEST_MOTIVE, SHORTEST_MOTIVE
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.audit.exporting import NothingSignedError, Selection, export, written
from recoupe.audit.inspection import Verdict, inspect
from recoupe.audit.kept import announced, kept_in
from recoupe.audit.keys import WITNESSES
from recoupe.audit.notes import Checkpoint, Key, UnreadableError
from recoupe.audit.succession import Succession, SuccessionError
from recoupe.audit.witness import last_of
from recoupe.cli import rekey
from recoupe.cli.obstacle import Obstacle, require_installation
from recoupe.cli.signing import log_key, public_of
from recoupe.config.paths import data_folder, notary_folder
from recoupe.config.roles import connected_as
from recoupe.kernel.refusal import gettext_noop
from recoupe.kernel.text import clean_line


def run(arguments: Namespace) -> int:
    """The action that was asked for."""
    naming = arguments.action in ("enrol", "retire")
    if naming and not arguments.names:
        raise Obstacle(
            gettext_noop("Il manque le nom du témoin : recoupe journal %(action)s NOM."), action=arguments.action
        )
    if arguments.names and not naming:
        raise Obstacle(
            gettext_noop("« %(name)s » est de trop : seuls enrol et retire nomment un témoin."), name=arguments.names[0]
        )
    if arguments.key and len(arguments.names) > 1:
        raise Obstacle(gettext_noop("--key est la clé d'un seul témoin : nommez-les l'un après l'autre."))
    require_installation("inspection" if arguments.action in ("verify", "export") else "migrate")
    actions: dict[str, Callable[[Namespace], int]] = {
        "verify": verify,
        "export": write_export,
        "enrol": enrol,
        "retire": retire,
        "rekey": rekey.run,
    }
    return actions[arguments.action](arguments)


NOT_FOLLOWED = gettext_noop(
    "Aucune suite d'annonces signées ne mène à la clé du notaire que vous donnez : vérifiez-la, et ces fichiers."
)
# What audit.retire answers when fewer than two witnesses would be left.
TOO_FEW = "RJ002"

# --- witnesses, by the set-up ---------------------------------------------------------------------------


def enrol(arguments: Namespace) -> int:
    """Name witnesses: from now on the silence of one stops consultations."""
    keys = {name: arguments.key or public_of(name, "--key") for name in arguments.names}
    with _set_up():
        for name, key in keys.items():
            record(Operation.CONFIGURE, details={"what": "witness", "name": name})
            _call("SELECT audit.enrol(%s::text, %s::bytea)", name, key)
    for name in keys:
        print(f"{name} est témoin du journal.")
    return 0


def retire(arguments: Namespace) -> int:
    """Witnesses that are no more: their silence no longer counts, their checkpoints stay proofs."""
    known: dict[str, object] = {}
    try:
        with _set_up():
            for name in arguments.names:
                record(Operation.CONFIGURE, details={"what": "witness_retired", "name": name})
                known[name] = _call("SELECT audit.retire(%s::text)", name)
    except DatabaseError as error:
        if getattr(error.__cause__, "sqlstate", None) != TOO_FEW:
            raise
        raise Obstacle(
            gettext_noop("Il resterait moins de deux témoins : nommez-en d'abord un autre (recoupe journal enrol).")
        ) from error
    for name, was in known.items():
        print(f"{name} n'est plus témoin." if was else f"{name} n'est pas témoin.")
    return 0 if all(known.values()) else 1


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
    """Hold the whole journal against what the witnesses keep; 1 when something was tampered with, or a file stopped."""
    kept = _kept(arguments)
    signed = _notary(log_key(arguments.log_key), kept).signed
    ends = {name: last_of(Path(name), points, signed) for name, points in kept.items()}
    asked: datetime | None = arguments.as_of
    moment = (asked or datetime.now(UTC)).timestamp()
    ages = {name: None if end is None else round(moment) - end.at for name, end in ends.items()}
    fresh = all(age is not None and abs(age) <= STOPPED_S for age in ages.values())
    with context.service("inspection", "vérification du journal"):
        record(Operation.CONSULT, details={"what": "journal_verified"})
    verdict = inspect(kept)
    if arguments.json:
        for found in verdict.findings:
            print(json.dumps({**asdict(found), "what": found.what.value}))
        told = {"leaves": verdict.leaves, "covered": verdict.covered, "whole": verdict.whole, "ages": ages}
        print(json.dumps({**told, "fresh": fresh}))
    else:
        _tell(verdict, ages, sum(map(len, kept.values())))
    return 0 if verdict.whole and fresh else 1


SHOWN = 20
# A signature a minute, a look every ten seconds: a file that ends before that has stopped, or was cut.
STOPPED_S = 120


def _red(words: str) -> str:
    return f"\x1b[31m{words}\x1b[0m" if sys.stdout.isatty() else words


def _age(name: str, age: int | None) -> str:
    """How long ago a file ends: nothing that was written since is proven by it."""
    if age is None:
        return _red(f"SANS PREUVE : {name} ne garde aucun jalon.")
    if age < -STOPPED_S:
        return _red(f"DANS L'AVENIR : {name} finit {timedelta(seconds=-age)} après ce moment.")
    if age > STOPPED_S:
        return _red(f"ARRÊTÉ : {name} finit il y a {timedelta(seconds=age)}, et ne prouve rien de ce qui a suivi.")
    return f"{name} finit il y a {age} s."


def _tell(verdict: Verdict, ages: Mapping[str, int | None], kept: int) -> None:
    for found in verdict.findings[:SHOWN]:
        where = f"feuilles {found.first} à {found.last}" if found.first is not None else ""
        entry = f"entrée {found.entry}" if found.entry is not None else ""
        told = (entry, where, " contre ".join(found.files), found.name)
        print(_red("ATTEINTE") + f" : {found.what.label} ({', '.join(part for part in told if part)})")
    if len(verdict.findings) > SHOWN:
        print(f"… et {len(verdict.findings) - SHOWN} autres (--json les dit toutes)")
    late = verdict.leaves - verdict.covered + verdict.open_window
    print(f"{verdict.leaves} feuilles, {verdict.covered} couvertes par {kept} jalons gardés par les témoins ;")
    print(f"{verdict.erased} entrées effacées à leur terme ;")
    print(f"{late} dans la fenêtre ouverte, depuis le dernier jalon gardé, que rien ne prouve ;")
    for name, age in ages.items():
        print(_age(name, age))
    print("Le journal est entier." if verdict.whole else "Le journal n'est plus celui que les témoins ont vu.")


def _kept(arguments: Namespace) -> dict[str, list[Checkpoint]]:
    """What the witnesses keep, file by file, each checkpoint under the notary's signature."""
    key = log_key(arguments.log_key)
    kept: dict[str, list[Checkpoint]] = {}
    paths = arguments.kept or [data_folder() / "journal" / name / "checkpoints.jsonl" for name in WITNESSES]
    for path in paths:
        try:
            kept[str(path)] = kept_in(path)
        except (OSError, UnreadableError, ValueError) as error:
            raise Obstacle(gettext_noop("%(path)s n'est pas le fichier d'un témoin."), path=str(path)) from error
    notary = _notary(key, kept)
    for name, found in kept.items():
        if not all(map(notary.signed, found)):
            raise Obstacle(gettext_noop("%(path)s contient un jalon que le notaire n'a pas signé."), path=name)
    return kept


def _notary(key: Key, kept: Mapping[str, Sequence[Checkpoint]]) -> Succession:
    """Its key, and those that announcements lead to, here or in a witness's file."""
    points = [*announced(notary_folder()), *(point for found in kept.values() for point in found)]
    try:
        return Succession(key, points)
    except SuccessionError as error:
        raise Obstacle(NOT_FOLLOWED) from error


def write_export(arguments: Namespace) -> int:
    """Write what anybody can verify with docs/journal/verify.py."""
    motive = _motive(arguments.motive)
    refs = [arguments.ref] if arguments.ref else []
    named = "".join(f"{kind}:{identity}" for kind, identity in refs)
    wanted = Selection(_midnight(arguments.since), _midnight(arguments.until), arguments.actor, named)
    earlier = [point for points in _kept(arguments).values() for point in points] if arguments.kept else []
    count = 0
    with _output(arguments.file) as stream:
        with context.service("inspection", motive):
            record(Operation.EXPORT, refs=refs, details={"what": "journal_export"})
        try:
            for line in written(export(wanted, earlier)):
                stream.write(line)
                count += 1
        except NothingSignedError as error:
            raise Obstacle(
                gettext_noop("Le notaire n'a encore rien signé : attendez une minute, puis recommencez.")
            ) from error
    print(f"{count} lignes écrites", file=sys.stderr)
    return 0


@contextmanager
def _output(path: Path | None) -> Iterator[TextIO]:
    """The standard output, or a file that did not exist; one that could not be written whole does not stay."""
    if path is None:
        yield sys.stdout
        return
    try:
        stream = path.open("x", encoding="utf-8")
    except FileExistsError as error:
        raise Obstacle(gettext_noop("%(path)s existe déjà : donnez un autre nom."), path=str(path)) from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise Obstacle(
            gettext_noop("%(path)s ne peut pas être écrit (%(reason)s)."), path=str(path), reason=reason
        ) from error
    try:
        with stream:
            yield stream
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _motive(text: str) -> str:
    """Why, on one line: who reads the journal whole says it like everybody else (R-PUR-1)."""
    motive = clean_line(text, LONGEST_MOTIVE, "motive")
    if len(motive) < SHORTEST_MOTIVE:
        raise Obstacle(
            gettext_noop("Donnez --motive : pourquoi le journal est exporté, en %(n)d caractères au moins."),
            n=SHORTEST_MOTIVE,
        )
    return motive


def _midnight(day: date | None) -> datetime | None:
    return datetime.combine(day, time()).astimezone() if day else None
