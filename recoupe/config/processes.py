"""The processes of the house and the database role of each: one table, read by settings, starter and tests."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Process:
    """One process: its database role and the addresses that it serves (none: it serves no page)."""

    name: str
    role: str
    urlconf: str = ""


PROCESSES: dict[str, Process] = {
    p.name: p
    for p in (
        Process("web", "recoupe_app", "recoupe.config.urls_web"),
        Process("signin", "recoupe_signin", "recoupe.config.urls_signin"),
        Process("portal", "recoupe_portal", "recoupe.config.urls_portal"),
        Process("worker", "recoupe_worker"),
        Process("matcher", "recoupe_matcher"),
        Process("notary", "recoupe_notary"),
        Process("inspection", "recoupe_inspection"),
        Process("migrate", "recoupe_owner"),
    )
}

LOGIN_ROLES = tuple(p.role for p in PROCESSES.values())
DEFINER_ROLE = "recoupe_definer"
