"""`recoupe check`: whether configuration and database are what the house relies on; one line a check."""

import io
import json
import time
from argparse import Namespace
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import psycopg
from django.apps import apps
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, models
from django.db.migrations.executor import MigrationExecutor

from recoupe.audit import aside, rules
from recoupe.audit.keys import NOTARY, private_of, token_of
from recoupe.audit.queries import standing
from recoupe.audit.tokens import TokenError
from recoupe.cli.obstacle import no_answer, require_installation
from recoupe.cli.server import OLDEST
from recoupe.config.credentials import password_file
from recoupe.config.paths import credential, data_folder, public_key, seed_file, watch_file
from recoupe.config.processes import DEFINER_ROLE, LOGIN_ROLES
from recoupe.reference.models import Commune, Measure, Unit

COMMUNES = 34_000
LEAST_WITNESSES = 2
OLDEST_PASSWORD_DAYS = 180
RETRY = "après correction : recoupe matcher --retry-parked"
# Django's own bookkeeping: neither case data nor names.
PLAIN = frozenset({"django_migrations", "django_content_type"})


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: what was looked at, whether it is well, what was seen."""

    name: str
    well: bool
    seen: str


def run(arguments: Namespace) -> int:
    """Print every finding; 0 when all is well."""
    require_installation("migrate")
    try:
        connection.ensure_connection()
    except (DatabaseError, psycopg.Error) as error:
        raise no_answer() from error
    findings = [finding for look in LOOKS for finding in look()]
    for finding in findings:
        if arguments.json:
            print(json.dumps({"name": finding.name, "well": finding.well, "seen": finding.seen}, ensure_ascii=False))
        else:
            print(f"{'bien ' if finding.well else 'FAUTE'} {finding.name} : {finding.seen}")
    return 0 if all(finding.well for finding in findings) else 1


def _credentials() -> Iterator[Finding]:
    for role in LOGIN_ROLES:
        path = credential(role)
        modes = {one.stat().st_mode & 0o777 for one in (path, password_file(path)) if one.is_file()}
        seen = " et ".join(f"droits {mode:o}" for mode in sorted(modes)) or "absent"
        yield Finding(f"accès de {role}", modes == {0o600}, seen)


def age_of_secrets() -> Iterator[Finding]:
    """Passwords age: whoever copied one has it until it is changed (`recoupe renew`)."""
    written = [path.stat().st_mtime for path in map(password_file, map(credential, LOGIN_ROLES)) if path.is_file()]
    days = int((time.time() - min(written, default=0.0)) // 86_400)
    seen = f"{days} jours" if written else "sans fichier de mot de passe"
    seen += "" if written and days <= OLDEST_PASSWORD_DAYS else " : lancez recoupe renew"
    yield Finding("âge des mots de passe", bool(written) and days <= OLDEST_PASSWORD_DAYS, seen)


def notary_key() -> Iterator[Finding]:
    """Where the key stands that signs the journal; one that does not answer, or is another, signs nothing."""
    seed = seed_file(data_folder(), NOTARY)
    try:
        address = token_of(seed)
        place = "dans un fichier de cette machine"
        if address:
            place = f"dans le jeton « {address.token} » ({address.module.name}), étiquette « {address.label} »"
        same = private_of(seed).public_key().public_bytes_raw() == public_key(NOTARY)
        yield Finding("clé du notaire", same, place if same else f"{place}, AUTRE que celle qui est publiée")
    except (OSError, ValueError, TokenError) as error:
        seen = str(error) if isinstance(error, TokenError) else "absente ou abîmée : recoupe install la fait"
        yield Finding("clé du notaire", False, seen)


def _settings() -> Iterator[Finding]:
    try:
        call_command("check", verbosity=0, stdout=io.StringIO())
    except CommandError as error:
        yield Finding("réglages", False, str(error).strip().replace("\n", " ")[:300])
    else:
        yield Finding("réglages", True, "cohérents")


def _rows(query: bytes, parameters: list[list[str]] | None = None) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query.decode(), parameters or [])
        return list(cursor.fetchall())


def _server() -> Iterator[Finding]:
    version = int(str(_rows(b"SHOW server_version_num")[0][0]))
    yield Finding("version de PostgreSQL", version >= OLDEST, str(version // 10000))
    for name, wanted in (("fsync", "on"), ("synchronous_commit", "on"), ("log_statement", "none")):
        seen = str(_rows(f"SHOW {name}".encode())[0][0])
        yield Finding(f"réglage {name}", seen == wanted, seen)


def _roles() -> Iterator[Finding]:
    wanted = [*LOGIN_ROLES, DEFINER_ROLE]
    found = {
        str(name): (bool(superuser), bool(bypass))
        for name, superuser, bypass in _rows(
            b"SELECT rolname, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = ANY (%s)", [wanted]
        )
    }
    for role in wanted:
        powers = found.get(role)
        seen = "absent" if powers is None else "sans pouvoir particulier" if not any(powers) else "trop de pouvoirs"
        yield Finding(f"rôle {role}", powers == (False, False), seen)


def _row_security() -> Iterator[Finding]:
    """Every table, also one that no model of ours knows; what stays open does so for a reason."""
    rows = _rows(
        b"SELECT relname, relrowsecurity AND relforcerowsecurity FROM pg_class "
        b"WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"
    )
    open_ones = sorted(str(name) for name, closed in rows if not closed and name not in PLAIN)
    absent = sorted({m._meta.db_table for m in apps.get_models() if m._meta.managed} - {str(name) for name, _ in rows})
    seen = [f"{sum(bool(closed) for _, closed in rows)} tables fermées"]
    seen += [f"ouvertes : {', '.join(open_ones)}"] * bool(open_ones) + [f"absentes : {', '.join(absent)}"] * bool(
        absent
    )
    yield Finding("sécurité des lignes", not open_ones and not absent, " ; ".join(seen))


def _theme() -> Iterator[Finding]:
    """An unknown name is served as the neutral theme: it is a mistake in the setting all the same."""
    known = settings.THEME in settings.THEMES
    seen = settings.THEME if known else f"{settings.THEME} inconnu ; connus : {', '.join(sorted(settings.THEMES))}"
    yield Finding("thème (RECOUPE_THEME)", known, seen)


def _schema() -> Iterator[Finding]:
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    names = ", ".join(str(migration) for migration, _ in waiting)
    yield Finding("schéma", not waiting, names or "à jour")


def _reference() -> Iterator[Finding]:
    lists: list[tuple[str, type[models.Model], int]] = [
        ("communes", Commune, COMMUNES), ("unités", Unit, 1), ("mesures du plan", Measure, 55),
    ]  # fmt: skip
    for label, model, least in lists:
        count = model._default_manager.count()
        yield Finding(label, count >= least, str(count))


def _parked() -> Iterator[Finding]:
    """Records that the cross-check could not handle, by class of error, without a reference."""
    found = _rows(b"SELECT fault, sum(lines) FROM intelligence.parked() GROUP BY fault ORDER BY fault")
    seen = ", ".join(f"{lines} ({fault})" for fault, lines in found)
    yield Finding("fiches que le recoupement a mises à l'écart", not found, f"{seen} ; {RETRY}" if found else "aucune")


def parked_targets() -> Iterator[Finding]:
    """Registrations of the same fate: whoever is registered and not compared is followed twice."""
    found = _rows(b"SELECT lines, oldest FROM targets.parked()")
    seen = [f"{lines}, la plus ancienne du {oldest:%d/%m/%Y à %H:%M} UTC ; {RETRY}" for lines, oldest in found]
    yield Finding("inscriptions que le recoupement a mises à l'écart", not found, " ".join(seen) or "aucune")


def delayed_events() -> Iterator[Finding]:
    """Events whose comparison failed several times: it is tried again by itself, ever later."""
    found = _rows(b"SELECT lines, oldest FROM operations.delayed()")
    seen = [
        f"{lines}, le plus ancien du {oldest:%d/%m/%Y à %H:%M} UTC ; réessayés d'eux-mêmes" for lines, oldest in found
    ]
    yield Finding("événements que le recoupement n'arrive pas à comparer", not found, " ".join(seen) or "aucun")


def _index() -> Iterator[Finding]:
    """An index older than its model or than the base finds less than it should: it says how far it is."""
    found = _rows(b"SELECT model, people, swept, whole_at, waiting FROM crosscheck.standing()")
    if not found:
        yield Finding("index du recoupement", True, "aucune fiche encore")
        return
    model, people, swept, whole_at, waiting = found[0]
    named = f"modèle {model}, {people} personnes" if model else "sans modèle : identifiants seuls"
    late = f"{waiting} fiches attendent"
    seen = f"entier, vérifié le {whole_at:%d/%m/%Y à %H:%M} UTC" if whole_at else f"vérifié à {swept} %, {late}"
    yield Finding("index du recoupement", whole_at is not None, f"{named} ; {seen}")


def _witnesses() -> Iterator[Finding]:
    """Fewer than two witnesses prove little; one that is silent stops consultations (R-42)."""
    found = standing()
    said = [f"{w.name} : {w.leaves} feuilles" + (", SILENCIEUX" if w.silent else "") for w in found]
    well = len(found) >= LEAST_WITNESSES and not any(w.silent for w in found)
    missing = [f"il en faut {LEAST_WITNESSES} : recoupe journal enrol"] * (len(found) < LEAST_WITNESSES)
    yield Finding("témoins du journal", well, " ; ".join([*said, *missing]))


def watch_readings() -> Iterator[Finding]:
    """What the watch desk read while the journal refused: the worker hands it over within the minute (R-42)."""
    path, name = watch_file(), "consultations de la veille écrites à côté du journal"
    try:
        since = aside.taken_in()
        held, waiting = aside.holds(path, since), len(aside.waiting(path, since))
    except OSError as error:
        yield Finding(name, False, f"{path} : {error.strerror}")
        return
    if not held:
        yield Finding(name, False, f"{path} ne contient plus la dernière reprise : coupé ou remplacé")
    else:
        yield Finding(name, not waiting, f"{waiting} à reprendre" if waiting else "toutes reprises")


def _rules() -> Iterator[Finding]:
    """Functions, policies, triggers and rights that no set-up of ours gave this base, or took from it."""
    said = rules.kept()
    well = not said or said == rules.standing()
    seen = (
        "celles que le journal dit"
        if said and well
        else "le journal n'en dit encore rien"
        if well
        else "AUTRES que le journal dit"
    )
    yield Finding("règles de la base", well, seen)


LOOKS: tuple[Callable[[], Iterator[Finding]], ...] = (
    _credentials, age_of_secrets, notary_key, _settings, _theme, _server, _roles, _row_security, _schema, _reference,
    _parked, parked_targets, delayed_events, _index, _witnesses, watch_readings,
    _rules,
)  # fmt: skip
