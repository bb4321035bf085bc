"""Translations: collected and compiled here, so that a machine needs none of gettext's tools."""

import ast
import os
import re
import struct
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path

from recoupe.cli import sentences
from recoupe.cli.sentences import Sentence
from recoupe.config.paths import PROJECT
from recoupe.kernel.text import french_spaces

LOCALES = PROJECT / "recoupe" / "locale"
FRENCH = "Content-Type: text/plain; charset=UTF-8\nPlural-Forms: nplurals=2; plural=(n > 1);\n"
LINE = re.compile(r'^(msgctxt|msgid_plural|msgid|msgstr(?:\[\d+\])?)?\s*(".*")$')


def run(arguments: Namespace) -> int:
    """Collect when asked, then compile."""
    if arguments.collect:
        _collect()
    for path in compile_all():
        print(f"Compilé : {path.relative_to(PROJECT)}")
    return 0


def compile_all() -> list[Path]:
    """Compile what is older than its catalogue, and the French of its sentences; returns what was written."""
    written = []
    for source in sorted(LOCALES.glob("*/LC_MESSAGES/*.po")):
        made = {source.with_suffix(".mo"): compiled, LOCALES / "fr" / "LC_MESSAGES" / f"{source.stem}.mo": french}
        for target, content in made.items():
            if not target.is_file() or target.stat().st_mtime < source.stat().st_mtime:
                target.parent.mkdir(parents=True, exist_ok=True)
                draft = target.with_suffix(f".{os.getpid()}")
                draft.write_bytes(content(source.read_text(encoding="utf-8")))
                draft.replace(target)
                written.append(target)
    return written


def compiled(text: str) -> bytes:
    """The binary catalogue (GNU MO) of a text one; unfinished and doubtful entries stay out."""
    return _binary({_key(e): "\0".join(_translations(e)) for e in _entries(text) if any(_translations(e))})


def french(text: str) -> bytes:
    """The sentences of a catalogue in the French of the sources, with the spaces that no line may be broken at."""
    found = {"": FRENCH}
    for entry in _entries(text):
        if entry["msgid"]:
            forms = [entry[name] for name in ("msgid", "msgid_plural") if name in entry]
            found[_key(entry)] = "\0".join(french_spaces(form) for form in forms)
    return _binary(found)


def _binary(found: dict[str, str]) -> bytes:
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
    """Read the sources again: known translations stay, new sentences come empty, those of no source go."""
    target = LOCALES / "en" / "LC_MESSAGES" / "django.po"
    target.parent.mkdir(parents=True, exist_ok=True)
    known = translated(target.read_text(encoding="utf-8")) if target.is_file() else {}
    found = sentences.collect(PROJECT / "recoupe")
    target.write_text(sentences.written(found, known), encoding="utf-8")
    missing = sum(not any(known.get(sentence, ())) for sentence in found)
    print(f"Relevé : {len(found)} phrases, dont {missing} à traduire dans {target.relative_to(PROJECT)}")


def translated(text: str) -> dict[Sentence, list[str]]:
    """The sentences of a catalogue and their translations; the head is not one."""
    return {
        Sentence(entry["msgid"], entry.get("msgid_plural", ""), entry.get("msgctxt", "")): _translations(entry)
        for entry in _entries(text)
        if entry["msgid"]
    }
