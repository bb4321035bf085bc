"""Translations: the sentences are collected by gettext's tools, and compiled here, so that a machine needs none."""

import ast
import os
import re
import shutil
import struct
import subprocess
import sys
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path

from recoupe.cli.obstacle import Obstacle
from recoupe.config.paths import PROJECT
from recoupe.kernel.refusal import gettext_noop

LOCALES = PROJECT / "recoupe" / "locale"
LINE = re.compile(r'^(msgctxt|msgid_plural|msgid|msgstr(?:\[\d+\])?)?\s*(".*")$')


def run(arguments: Namespace) -> int:
    """Collect when asked, then compile."""
    if arguments.collect:
        _collect()
    for path in compile_all():
        print(f"Compilé : {path.relative_to(PROJECT)}")
    return 0


def compile_all() -> list[Path]:
    """Compile each catalogue that is newer than its compiled form; returns what was written."""
    written = []
    for source in sorted(LOCALES.glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if not target.is_file() or target.stat().st_mtime < source.stat().st_mtime:
            draft = target.with_suffix(f".{os.getpid()}")
            draft.write_bytes(compiled(source.read_text(encoding="utf-8")))
            draft.replace(target)
            written.append(target)
    return written


def compiled(text: str) -> bytes:
    """The binary catalogue (GNU MO) of a text one; unfinished and doubtful entries stay out."""
    found = {_key(entry): "\0".join(_translations(entry)) for entry in _entries(text) if any(_translations(entry))}
    pairs = sorted((key.encode(), value.encode()) for key, value in found.items())
    start = 28 + 16 * len(pairs)
    keys, values = _packed([k for k, _ in pairs], start)
    other, texts = _packed([v for _, v in pairs], start + len(values))
    head = struct.pack("<7I", 0x950412DE, 0, len(pairs), 28, 28 + 8 * len(pairs), 0, start)
    return head + keys + other + values + texts


def _packed(strings: list[bytes], offset: int) -> tuple[bytes, bytes]:
    """The table of lengths and places, and the strings themselves, each ended by a zero."""
    table = b""
    for string in strings:
        table += struct.pack("<II", len(string), offset)
        offset += len(string) + 1
    return table, b"".join(string + b"\0" for string in strings)


def _key(entry: dict[str, str]) -> str:
    context = f"{entry['msgctxt']}\x04" if "msgctxt" in entry else ""
    plural = f"\0{entry['msgid_plural']}" if "msgid_plural" in entry else ""
    return context + entry["msgid"] + plural


def _translations(entry: dict[str, str]) -> list[str]:
    if "msgstr" in entry:
        return [entry["msgstr"]]
    return [entry[name] for name in sorted(entry) if name.startswith("msgstr[")]


def _entries(text: str) -> Iterator[dict[str, str]]:
    """Each entry as its keywords and their joined strings."""
    for block in re.split(r"\n\s*\n", text):
        lines = [line.strip() for line in block.splitlines()]
        if any(line.startswith("#,") and "fuzzy" in line for line in lines):
            continue
        entry: dict[str, str] = {}
        current = ""
        for line in lines:
            match = None if line.startswith("#") else LINE.match(line)
            if match:
                current = match[1] or current
                entry[current] = entry.get(current, "") + ast.literal_eval(match[2])
        if "msgid" in entry:
            yield entry


def _collect() -> None:
    if not shutil.which("xgettext"):
        raise Obstacle(
            gettext_noop("Relever les phrases demande gettext : installez-le (apt install gettext), puis recommencez.")
        )
    LOCALES.mkdir(exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-m", "django", "makemessages", "-l", "en", "--no-obsolete", "--add-location", "file"],
        cwd=PROJECT / "recoupe",
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "recoupe.config.settings", "PYTHONPATH": str(PROJECT)},
        check=False,
    )
    if done.returncode:
        raise Obstacle(gettext_noop("Les phrases n'ont pas pu être relevées : lisez les lignes qui précèdent."))
