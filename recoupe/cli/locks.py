"""Write the lock files again (`--upgrade`: newer versions) and the review of components; needs uv, keeps no address."""

import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from recoupe.cli import components

PROJECT = Path(__file__).resolve().parents[2]
LOCKS = {
    "requirements.lock": ["--no-default-groups"],
    "requirements-test.lock": ["--only-group", "test"],
    "requirements-token.lock": ["--only-group", "token"],
    "requirements-batch.lock": ["--only-group", "batch"],
}
COMPONENTS = PROJECT / "docs" / "components.csv"
PIN = re.compile(r"^([A-Za-z0-9_.-]+==[^\s;]+)", re.MULTILINE)


def pins(text: str) -> list[str]:
    """The `name==version` of a lock file."""
    return PIN.findall(text)


def constrained(pyproject: str, kept: list[str]) -> str:
    """The project's description, held to the versions that the lock files already name."""
    lines = ", ".join(f'"{pin}"' for pin in sorted(set(kept)))
    return f"{pyproject}\n[tool.uv]\nconstraint-dependencies = [{lines}]\n"


def resolved(uv: str, folder: Path, description: str) -> dict[str, Any]:
    """What uv finds for this description of the project."""
    folder.mkdir(exist_ok=True)
    (folder / "pyproject.toml").write_text(description)
    subprocess.run([uv, "lock", "--quiet", "--project", str(folder)], check=True)
    return tomllib.loads((folder / "uv.lock").read_text())


def review(kept: dict[str, Any], newest: dict[str, Any]) -> None:
    """Write what each package is at and what is newer; what the browser gets is looked at by hand, and stays."""
    text = COMPONENTS.read_text() if COMPONENTS.is_file() else ""
    before = components.read(text) if text else []
    today = datetime.now(UTC).date()
    rows = [row for row in before if row.component.startswith("web/")]
    rows += components.looked_at(kept, newest, before, today)
    COMPONENTS.write_text(components.written(rows))
    for one in components.late(rows, today):
        print(
            f"{one} : en retard sur docs/INVENTORIES.md ; mettez-le à jour, ou écrivez pourquoi dans {COMPONENTS.name}"
        )


def main() -> int:
    """Resolve once in a folder of its own, so that the files always install together."""
    uv = shutil.which("uv")
    if uv is None:
        print("make lock a besoin de uv : installez-le (https://docs.astral.sh/uv), puis recommencez.")
        return 1
    kept: list[str] = []
    if "--upgrade" not in sys.argv[1:]:
        for name in LOCKS:
            path = PROJECT / name
            kept += pins(path.read_text()) if path.is_file() else []
    with tempfile.TemporaryDirectory() as folder:
        project = (PROJECT / "pyproject.toml").read_text()
        review(resolved(uv, Path(folder), constrained(project, kept)), resolved(uv, Path(folder) / "newest", project))
        for name, groups in LOCKS.items():
            subprocess.run(
                [uv, "export", "--quiet", "--project", folder, "--frozen", "--no-emit-project", "--no-header",
                 "--no-annotate", "--format", "requirements-txt", *groups, "-o", str(PROJECT / name)],
                check=True,
                stdout=subprocess.DEVNULL,
            )  # fmt: skip
            text = (PROJECT / name).read_text()
            if re.search(r"https?://", text):
                print(f"{name} contient une adresse d'index : il n'est pas bon à publier.")
                return 1
            print(f"{name} : {len(pins(text))} paquets")
    return 0


if __name__ == "__main__":
    sys.exit(main())
