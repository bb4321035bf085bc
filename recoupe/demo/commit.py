"""The commit that a figure was measured on."""

import subprocess

from recoupe.config.paths import PROJECT
from recoupe.kernel.refusal import Invalid, gettext_noop

UNCOMMITTED = gettext_noop(
    "Les sources diffèrent du dernier commit : un résultat gardé doit dire sur quoi il fut mesuré. "
    "Validez vos changements, ou lancez sans --save."
)
# What a kept result changes itself.
RESULTS = (":!docs/bench", ":!docs/proofs")


def commit() -> str:
    """Twelve digits, "-dirty" when files differ from it, other than kept results; "" outside a repository."""
    known = _git("rev-parse", "--short=12", "HEAD")
    return f"{known}-dirty" if known and _git("status", "--porcelain", "--", ".", *RESULTS) else known


def check_committed() -> None:
    """Refuse to keep what was measured on sources that nobody can get again."""
    if not commit() or commit().endswith("-dirty"):
        raise Invalid(UNCOMMITTED, field="save")


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=PROJECT, capture_output=True, text=True, check=False)
    return done.stdout.strip()
