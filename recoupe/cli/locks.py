"""Write the three lock files again (`--upgrade`: with newer versions); needs uv, keeps no index address."""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
LOCKS = {
    "requirements.lock": ["--no-default-groups"],
    "requirements-test.lock": ["--only-group", "test"],
    "requirements-batch.lock": ["--only-group", "batch"],
}
PIN = re.compile(r"^([A-Za-z0-9_.-]+==[^\s;]+)", re.MULTILINE)


def pins(text: str) -> list[str]:
    """The `name==version` of a lock file."""
    return PIN.findall(text)


def constrained(pyproject: str, kept: list[str]) -> str:
    """The project's description, held to the versions that the lock files already name."""
    lines = ", ".join(f'"{pin}"' for pin in sorted(set(kept)))
    return f"{pyproject}\n[tool.uv]\nconstraint-dependencies = [{lines}]\n"


def main() -> int:
    """Resolve once in a folder of its own, so that the three files always install together."""
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
        draft = Path(folder) / "pyproject.toml"
        draft.write_text(constrained((PROJECT / "pyproject.toml").read_text(), kept))
        subprocess.run([uv, "lock", "--quiet", "--project", folder], check=True)
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
