"""A proof of hours that was stopped goes on where it stood: its totals, kept outside what it kills, for one commit."""

import json
import os
from collections.abc import Mapping

from recoupe.config.files import write_durably
from recoupe.config.paths import PROJECT
from recoupe.demo.commit import commit


class Resumed:
    """The totals of one proof; `make test` neither reads nor keeps them."""

    def __init__(self, name: str) -> None:
        self._path = PROJECT / ".cache" / "proofs" / f"{name}.json"
        self._mark = {"commit": commit(), "size": os.environ.get("RECOUPE_SIZE", "")}
        self._proves = bool(os.environ.get("RECOUPE_PROOF"))

    @property
    def totals(self) -> dict[str, int]:
        """What an earlier run of this commit had counted; nothing when it had ended, or none ran."""
        if not self._proves or not self._path.is_file():
            return {}
        kept = json.loads(self._path.read_text(encoding="utf-8"))
        found: dict[str, int] = kept["totals"] if kept["mark"] == self._mark else {}
        return found

    def keep(self, totals: Mapping[str, int]) -> None:
        """After each round, on the disk before the next."""
        if self._proves:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_durably(self._path, json.dumps({"mark": self._mark, "totals": dict(totals)}), mode=0o644)

    def forget(self) -> None:
        """The proof ended: the next one counts from nought."""
        self._path.unlink(missing_ok=True)
