"""What no process of the house starts with (R-61): one table of unsafe configurations, each with what to do."""

import ipaddress
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from django.conf import settings

from recoupe.config import credentials, token
from recoupe.config.paths import HEIR, MATCHER_INDEX, data_folder
from recoupe.config.processes import LOGIN_ROLES, PROCESSES, Process
from recoupe.config.provider import SECRET as PROVIDER_SECRET
from recoupe.kernel.refusal import Refusal, gettext_noop

# What only the starter may know: an administrator's address never reaches a process.
ADMINISTRATORS = ("DATABASE_URL", "RECOUPE_ADMIN_URL", "PGPASSWORD", "PGPASSFILE", "PGSERVICE")
SHORTEST_KEY = 32
FEWEST_SIGNS = 12
SAMPLE_WORDS = ("insecure", "changeme", "change-me", "example", "exemple", "secret")
LONGEST_SESSION_H = 12
SHORTEST_HSTS_S = 31_536_000
# At the start of a machine the base may come after its processes; one that does not come is not believed safe.
WAIT_S, STEP_S = 60.0, 0.5
AWAY = gettext_noop(
    "La base ne répond pas depuis une minute, et rien ne dit qu'elle est sûre : démarrez-la, puis relancez."
)
# The clock of a machine is believed up to here beyond what its own files say.
CLOCK_S = 86_400
DEMANDED = (
    "recoupe.config.headers.HeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
)
ACTING = "recoupe.web.middleware.ActingContextMiddleware"
SEEDS = ("notary", "temoin-a", "temoin-b")
# By name: an account of its own enters the folder and cannot list it.
KEYS = (*(f"{name}.key" for name in (*PROCESSES, MATCHER_INDEX)), PROVIDER_SECRET)
# The code of the token in which the notary's key may stand, where the guide puts it.
NOTARY_PIN = "notary.pin"


class UnsafeError(Refusal):
    """This configuration would endanger what the house keeps; always something that the reader can change."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is about to start, where it would listen (empty: nowhere), in which folder."""

    name: str
    host: str
    folder: Path
    demo: bool
    tls: bool

    @property
    def process(self) -> Process | None:
        """Its row of the table of processes; a witness has none, as it knows no database."""
        return PROCESSES.get(self.name)

    @property
    def own(self) -> list[Path]:
        """The files with secrets that belong to this process, those that are there."""
        place = self.folder / "credentials"
        keys = [place / key for key in KEYS if key.startswith((f"{self.name}.", f"{self.name}-"))]
        named = [*keys, *_seeds(place, self.name)]
        role = [place / self.process.role] if self.process else []
        role += [credentials.password_file(path) for path in role]
        return [path for path in (*role, *named) if path.is_file()]


def _seeds(place: Path, name: str) -> Iterator[Path]:
    """What it signs from and will sign from; of a key in a token, the file of the code too."""
    for path in (place / f"{name}.seed", place / f"{name}.next.seed"):
        yield path
        try:
            yield token.read(path.read_text()).pin
        except (OSError, ValueError):
            # A seed, none at all, or one of another account: it is refused on its own.
            continue


@dataclass(frozen=True, slots=True)
class Row:
    """One configuration that is refused: its code, when it holds, what is said; `demo`: also in a demonstration."""

    code: str
    wrong: Callable[[Facts], bool]
    sentence: str
    demo: bool = True


@dataclass(frozen=True, slots=True)
class Asked:
    """One that the database answers: a query whose one column is true when it is unsafe."""

    code: str
    query: str
    sentence: str
    demo: bool = True
    only: frozenset[str] = frozenset({"web", "signin", "worker", "matcher", "notary"})


def _directives() -> dict[str, list[str]]:
    policy: dict[str, Any] = getattr(settings, "CONTENT_SECURITY_POLICY", None) or {}
    return dict(policy.get("DIRECTIVES", {}))


def _weak_policy(_facts: Facts) -> bool:
    found = _directives()
    words = {str(word) for values in found.values() for word in values}
    loose = any("unsafe-" in word or word in ("*", "http:", "https:") for word in words)
    return list(found.get("default-src", ())) != ["'none'"] or loose or "data:" in found.get("script-src", ())


def _no_trusted_types(_facts: Facts) -> bool:
    found = _directives()
    wanted = (["'script'"], ["default"])
    return (found.get("require-trusted-types-for"), found.get("trusted-types")) != wanted


def _unnamed_hosts(_facts: Facts) -> bool:
    return any(not host.strip() or "*" in host or host.startswith(".") for host in settings.ALLOWED_HOSTS)


def _missing_middleware(facts: Facts) -> bool:
    wanted = [*DEMANDED, *([ACTING] if facts.name == "web" else [])]
    return not set(wanted) <= set(settings.MIDDLEWARE)


def _open_cookies(facts: Facts) -> bool:
    named = settings.SESSION_COOKIE.startswith("__Host-") and settings.CSRF_COOKIE_NAME.startswith("__Host-")
    return facts.tls and not (named and settings.CSRF_COOKIE_SECURE)


def _chatty(_facts: Facts) -> bool:
    logging: dict[str, Any] = settings.LOGGING
    found = [logging.get("root", {}), *logging.get("loggers", {}).values()]
    return any(str(one.get("level", "")).upper() == "DEBUG" for one in found)


SETTINGS: tuple[Row, ...] = (
    Row("debug", lambda _: bool(settings.DEBUG), gettext_noop(
        "DEBUG est actif : ses pages d'erreur montrent les données. Retirez DEBUG des réglages.")),
    Row("secret-short", lambda _: len(settings.SECRET_KEY) < SHORTEST_KEY, gettext_noop(
        "La clé secrète est trop courte : effacez ce fichier de clé, puis relancez recoupe migrate qui en fait une.")),
    Row("secret-sample", lambda _: (
        len(set(settings.SECRET_KEY)) < FEWEST_SIGNS or any(w in settings.SECRET_KEY.lower() for w in SAMPLE_WORDS)
    ), gettext_noop(
        "La clé secrète est une clé d'exemple : effacez ce fichier de clé, puis relancez recoupe migrate.")),
    Row("hosts-any", _unnamed_hosts, gettext_noop(
        "RECOUPE_HOSTS admet n'importe quel nom : écrivez les noms exacts du site, séparés par des virgules.")),
    Row("middleware", _missing_middleware, gettext_noop(
        "Un filtre de sécurité manque dans MIDDLEWARE : reprenez la liste livrée avec Recoupe.")),
    Row("csp-weak", _weak_policy, gettext_noop(
        "La politique de contenu (CSP) est absente ou affaiblie : reprenez celle livrée avec Recoupe.")),
    Row("csp-types", _no_trusted_types, gettext_noop(
        "La politique de contenu n'exige plus les Trusted Types : reprenez celle livrée avec Recoupe.")),
    Row("cookie-name", _open_cookies, gettext_noop(
        "Sous TLS, les témoins de connexion s'appellent __Host-… et portent Secure : reprenez les réglages livrés.")),
    Row("cookie-script", lambda _: (
        not settings.CSRF_COOKIE_HTTPONLY or settings.CSRF_COOKIE_SAMESITE != "Strict"
    ), gettext_noop("Un témoin de connexion est lisible par un script ou part vers un autre site : "
                    "remettez HttpOnly et SameSite=Strict.")),
    Row("session-long", lambda _: settings.SESSION_HOURS > LONGEST_SESSION_H, gettext_noop(
        "Une session durerait plus de douze heures : ramenez SESSION_HOURS à 12 ou moins.")),
    Row("hsts-short", lambda f: f.tls and settings.SECURE_HSTS_SECONDS < SHORTEST_HSTS_S, gettext_noop(
        "Sous TLS, le navigateur doit retenir le chiffrement un an au moins : remettez SECURE_HSTS_SECONDS.")),
    Row("proxy-header", lambda f: bool(settings.SECURE_PROXY_SSL_HEADER) and not f.tls, gettext_noop(
        "Sans relais TLS, l'en-tête X-Forwarded-Proto serait cru de n'importe qui : posez RECOUPE_TLS=1 derrière un "
        "relais, ou retirez SECURE_PROXY_SSL_HEADER.")),
    Row("address-plain", lambda f: f.tls and any(
        url.startswith("http://") for url in (settings.SIGNIN_URL, settings.STAFF_URL)
    ), gettext_noop("L'adresse d'un autre site est en http alors que RECOUPE_TLS=1 : écrivez-la en https.")),
    Row("logs-chatty", _chatty, gettext_noop(
        "Un journal technique au niveau DEBUG écrirait les requêtes et leurs valeurs : remettez WARNING.")),
)  # fmt: skip


def loopback(host: str) -> bool:
    """Whether only this machine reaches a listener there."""
    if host in ("", "localhost"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _readable_by_others(facts: Facts) -> bool:
    return any(path.stat().st_mode & 0o077 for path in facts.own)


def _reaches_other_keys(facts: Facts) -> bool:
    """A process that reads the notary's seed could sign another journal; one that reads a role's address acts as it."""
    place, own = facts.folder / "credentials", facts.own
    roles = [place / role for role in LOGIN_ROLES]
    seeds = [place / f"{name}.seed" for name in (*SEEDS, HEIR)]
    others = [*seeds, *roles, *(credentials.password_file(path) for path in roles)]
    others += [*(place / key for key in KEYS), place / NOTARY_PIN]
    return os.geteuid() != 0 and any(os.access(path, os.R_OK) for path in others if path not in own and path.is_file())


def _same_owner(facts: Facts) -> bool:
    found = [facts.folder / "credentials" / f"{name}.seed" for name in SEEDS]
    owners = [path.stat().st_uid for path in found if path.is_file()]
    return facts.name in SEEDS and len(set(owners)) < len(owners)


def _before_its_own_keys(facts: Facts) -> bool:
    return any(path.stat().st_mtime > time.time() + CLOCK_S for path in facts.own)


def _plain_provider() -> bool:
    """On this machine alone, for a test, it may be plain."""
    parts = urlsplit(os.environ.get("RECOUPE_OIDC_ISSUER", ""))
    return bool(parts.scheme) and parts.scheme != "https" and not loopback(parts.hostname or "?")


def _others_may_write(facts: Facts) -> bool:
    folder = facts.folder / "credentials"
    return folder.is_dir() and bool(folder.stat().st_mode & 0o022)


def _served(facts: Facts) -> bool:
    return facts.process is not None and bool(facts.process.urlconf)


MACHINE: tuple[Row, ...] = (
    Row("plain-http", lambda f: not loopback(f.host), gettext_noop(
        "Ce site écouterait sur le réseau sans chiffrement : écoutez sur 127.0.0.1 derrière un relais TLS.")),
    Row("made-open", lambda f: f.demo and not loopback(f.host), gettext_noop(
        "Une démonstration n'écoute que sur cette machine, ses agents sont inventés : donnez HOST=127.0.0.1.")),
    Row("provider-plain", lambda f: f.name == "signin" and _plain_provider(), gettext_noop(
        "Le fournisseur d'identité est en http : donnez son adresse en https dans RECOUPE_OIDC_ISSUER.")),
    Row("key-absent", lambda f: _served(f) and not (f.folder / "credentials" / f"{f.name}.key").is_file(), gettext_noop(
        "La clé secrète de ce processus est absente : relancez recoupe migrate, qui la fait.")),
    Row("key-readable", _readable_by_others, gettext_noop(
        "Un fichier de clé ou d'accès est lisible par d'autres comptes : chmod 600 DATA/credentials/…")),
    Row("folder-open", _others_may_write, gettext_noop(
        "D'autres comptes peuvent remplacer les clés : chmod 711 sur DATA/credentials.")),
    Row("clock", _before_its_own_keys, gettext_noop(
        "L'horloge de la machine retarde sur ses propres clés : remettez-la à l'heure (timedatectl).")),
    Row("admin-address", lambda f: any(os.environ.get(name) for name in ADMINISTRATORS), gettext_noop(
        "L'adresse de l'administrateur de la base est dans l'environnement de ce processus : retirez DATABASE_URL et "
        "les variables PG…"), demo=False),
    Row("root", lambda _: os.geteuid() == 0, gettext_noop(
        "Ce processus tournerait en root : lancez-le sous un compte qui n'a que ses propres fichiers."), demo=False),
    Row("other-keys", _reaches_other_keys, gettext_noop(
        "Ce compte lit la clé d'un autre processus (notaire, témoin, accès à la base) : donnez à chacun son compte."),
        demo=False),
    Row("same-account", _same_owner, gettext_noop(
        "Le notaire et un témoin du journal ont le même compte : qui le tient pourrait les contredire tous deux. "
        "Donnez à chacun le sien."), demo=False),
)  # fmt: skip

# What the set-up leaves open on purpose: Django's own bookkeeping, granted to no process.
_OPEN = """SELECT EXISTS (SELECT 1 FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace
    AND NOT (relrowsecurity AND relforcerowsecurity) AND relname NOT IN ('django_migrations', 'django_content_type'))"""
_READERS = """SELECT EXISTS (SELECT 1 FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid AND c.relkind = 'r'
    WHERE c.relnamespace = 'public'::regnamespace AND a.attname = 'readers' AND NOT a.attisdropped
      AND has_column_privilege(c.oid, a.attnum, 'SELECT'))"""
_SECRETS = """SELECT EXISTS (SELECT 1 FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
    AND c.relname ~ '^(access_(session|credential|passkey|challenge|enrolment|context)|desk_(servicekey|identity))'
    AND has_any_column_privilege(c.oid, 'SELECT'))"""
_ROLE = "SELECT {} FROM pg_roles WHERE rolname = current_user"
_LOGS = """SELECT current_setting('log_statement') <> 'none' OR current_setting('log_min_duration_statement') <> '-1'"""
_ALONE = "SELECT count(*) < 2 OR to_regnamespace('unwitnessed') IS NOT NULL FROM audit.witnesses()"

BASE: tuple[Asked, ...] = (
    Asked("role-wrong", "SELECT current_user <> %(role)s", gettext_noop(
        "Ce processus se connecte à la base sous un autre rôle que le sien : relancez recoupe migrate.")),
    Asked("superuser", _ROLE.format("rolsuper"), gettext_noop(
        "Le rôle de ce processus est superutilisateur de la base : relancez recoupe migrate, qui le lui retire.")),
    Asked("bypassrls", _ROLE.format("rolbypassrls"), gettext_noop(
        "Le rôle de ce processus échappe à la sécurité des lignes : relancez recoupe migrate, qui le lui retire.")),
    Asked("member", _ROLE.format("EXISTS (SELECT 1 FROM pg_auth_members WHERE member = pg_roles.oid)"), gettext_noop(
        "Le rôle de ce processus peut en devenir un autre : retirez-le de tout rôle (REVOKE … FROM …).")),
    Asked("statements", _LOGS, gettext_noop(
        "PostgreSQL écrit les requêtes dans son journal, donc des données : log_statement=none et "
        "log_min_duration_statement=-1.")),
    Asked("parameters", "SELECT current_setting('log_parameter_max_length_on_error') <> '0'", gettext_noop(
        "PostgreSQL écrit les valeurs des requêtes en erreur : log_parameter_max_length_on_error=0.")),
    Asked("activity", "SELECT current_setting('track_activities')::boolean", gettext_noop(
        "La base montre à d'autres ce que ce rôle demande : relancez recoupe migrate (track_activities=off).")),
    Asked("commit", "SELECT current_setting('synchronous_commit') = 'off'", gettext_noop(
        "PostgreSQL répondrait avant d'avoir écrit : remettez synchronous_commit=on.")),
    Asked("fsync", "SELECT NOT current_setting('fsync')::boolean", gettext_noop(
        "PostgreSQL n'écrit pas vraiment sur le disque : remettez fsync=on."), demo=False),
    Asked("pages", "SELECT NOT current_setting('full_page_writes')::boolean", gettext_noop(
        "Une coupure de courant pourrait déchirer une page de la base : remettez full_page_writes=on."), demo=False),
    Asked("rows-open", _OPEN, gettext_noop(
        "Une table de la base n'a pas sa sécurité des lignes : relancez recoupe migrate, qui la referme.")),
    Asked("readers", _READERS, gettext_noop(
        "Ce rôle peut lire les clés de lecture, donc qui partage avec qui : relancez recoupe migrate."),
        only=frozenset({"web", "worker"})),
    Asked("secrets", _SECRETS, gettext_noop(
        "Ce rôle peut lire les sessions ou les clés d'accès des agents : relancez recoupe migrate.")),
    Asked("made-undeclared", "SELECT to_regclass('public.made_world') IS NOT NULL", gettext_noop(
        "Cette base porte le monde inventé et ses agents : elle ne sert que la démonstration (make demo)."),
        demo=False),
    Asked("made-absent", "SELECT %(demo)s AND to_regclass('public.made_world') IS NULL", gettext_noop(
        "Cette base ne porte pas le monde inventé : personne n'y entre sans clé. Chargez-le (make demo), ou retirez "
        "RECOUPE_DEMO.")),
    Asked("witness-alone", _ALONE, gettext_noop(
        "Le journal a moins de deux témoins : nommez-en un second (recoupe journal enrol), tenu par un autre service."),
        demo=False, only=frozenset({"notary"})),
)  # fmt: skip


def refuse_server(arguments: Sequence[str]) -> None:
    """The same for a server that was started without our command, which listens where its own arguments say."""
    name = os.environ.get("RECOUPE_PROCESS", "web")
    refuse_unsafe(name, next((host for host in _bound(arguments) if not loopback(host)), ""))


def _bound(arguments: Sequence[str]) -> Iterator[str]:
    """The hosts that gunicorn is told to listen on; a socket of this machine is none."""
    told = [*os.environ.get("GUNICORN_CMD_ARGS", "").split(), *arguments]
    for number, word in enumerate(told):
        name, _, value = word.partition("=")
        if name in ("-b", "--bind"):
            place = value or "".join(told[number + 1 : number + 2])
            if not place.startswith(("unix:", "fd:")):
                yield place.rpartition(":")[0].strip("[]") or "0.0.0.0"  # noqa: S104 - what gunicorn makes of it


def refuse_unsafe(name: str, host: str = "") -> None:
    """Stop with every reason at once when this process would start unsafely; a base that is away is waited for."""
    facts = _facts(name, host)
    rows = (*(SETTINGS if facts.process else ()), *MACHINE)
    _refuse([*_wrong(rows, facts), *_asked(facts)])


def _facts(name: str, host: str) -> Facts:
    demo, tls = (os.environ.get(variable, "") == "1" for variable in ("RECOUPE_DEMO", "RECOUPE_TLS"))
    return Facts(name, host, data_folder(), demo, tls)


def _wrong(rows: Iterable[Row], facts: Facts) -> list[str]:
    return [f"{row.sentence} [{row.code}]" for row in rows if (row.demo or not facts.demo) and row.wrong(facts)]


def _asked(facts: Facts) -> Iterator[str]:
    rows = [row for row in BASE if facts.name in row.only and (row.demo or not facts.demo)]
    if not rows or facts.process is None:
        return
    limit = time.monotonic() + WAIT_S
    while True:
        try:
            address = credentials.whole(facts.folder / "credentials" / facts.process.role)
            yield from _answered(address, rows, facts)
            return
        # A folder that the set-up has not filled yet is waited for as well.
        except (psycopg.OperationalError, FileNotFoundError):
            if time.monotonic() > limit:
                yield f"{AWAY} [base-away]"
                return
        time.sleep(STEP_S)


def _answered(address: str, rows: Sequence[Asked], facts: Facts) -> list[str]:
    """What the base says of this process; all of it, or it is away."""
    asked = {"role": facts.process.role if facts.process else "", "demo": facts.demo}
    with psycopg.connect(address, autocommit=True, connect_timeout=5) as base:
        found = [(row, base.execute(row.query.encode(), asked).fetchone()) for row in rows]
    return [f"{row.sentence} [{row.code}]" for row, wrong in found if wrong and wrong[0]]


def _refuse(reasons: list[str]) -> None:
    if reasons:
        raise UnsafeError("\n  ".join(reason.replace("%", "%%") for reason in reasons))
