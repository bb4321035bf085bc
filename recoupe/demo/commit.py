"""The commit that a figure was measured on."""

import subprocess

from recoupe.config.paths import PROJECT


def commit() -> str:
    """Twelve digits, "-dirty" when files differ from it; "" outside a repository."""
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--abbrev=12"],
        cwd=PROJECT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.stdout.strip()
