"""The sentences that the sources offer for translation, and the catalogue file that holds them (pure Python)."""

import ast
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from django.utils.translation.template import templatize

# Which of a call's leading strings are context, sentence and plural, for each function that marks a sentence.
ONE = ("gettext", "gettext_lazy", "gettext_noop", "_", "_n")
TWO = ("ngettext", "ngettext_lazy")
IN_CONTEXT = ("pgettext", "pgettext_lazy")
TWO_IN_CONTEXT = ("npgettext", "npgettext_lazy")
# Vocabularies whose labels the screens translate.
VOCABULARIES = ("intelligence/data/means.json",)

HEAD = """# English catalogue of Recoupe; `make messages` keeps it in step with the sources.
msgid ""
msgstr ""
"Language: en\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"
"""


class Sentence(NamedTuple):
    """What identifies an entry of the catalogue; no context and no plural are empty."""

    text: str
    plural: str = ""
    context: str = ""


def collect(root: Path) -> set[Sentence]:
    """Every sentence marked in the Python modules and the templates below `root`, and the labels of vocabularies."""
    found: set[Sentence] = set()
    for path in sorted(root.rglob("*.py")):
        found.update(of_python(path.read_text(encoding="utf-8")))
    for path in sorted(root.rglob("*.html")):
        found.update(of_template(path.read_text(encoding="utf-8"), str(path)))
    for name in VOCABULARIES:
        found.update(of_vocabulary((root / name).read_text(encoding="utf-8")))
    return found


def of_python(source: str) -> Iterator[Sentence]:
    """The sentences of a module; a choice between two literals counts for both."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            yield from _of_call(node)


def of_template(source: str, origin: str) -> Iterator[Sentence]:
    """The sentences of a template: Django's own reading of it, then each call that it found."""
    calls = templatize(source, origin=origin)
    position = 0
    while (position := _next_call(calls, position)) >= 0:
        end = _end_of_call(calls, position)
        yield from of_python(calls[position:end])
        position = end


def of_vocabulary(source: str) -> Iterator[Sentence]:
    """Each `label` of a list of entries, under whatever name the list stands."""
    for entries in json.loads(source).values():
        if isinstance(entries, list):
            yield from (Sentence(entry["label"]) for entry in entries)


def _next_call(text: str, start: int) -> int:
    places = [text.find(f" {name}(", start) for name in ("gettext", "ngettext", "pgettext", "npgettext", "_")]
    found = [place for place in places if place >= 0]
    return min(found) + 1 if found else -1


def _end_of_call(text: str, start: int) -> int:
    """Just after the bracket that closes the call, brackets inside its strings aside."""
    quote = ""
    position = text.index("(", start)
    while position < len(text):
        sign = text[position]
        if quote and sign == "\\":
            position += 1
        elif quote:
            quote = "" if sign == quote else quote
        elif sign in "\"'":
            quote = sign
        elif sign == ")":
            return position + 1
        position += 1
    return position


def _of_call(call: ast.Call) -> Iterator[Sentence]:
    name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
    texts = [list(_literals(argument)) for argument in call.args]
    if name in ONE and texts:
        yield from (Sentence(text) for text in texts[0])
    elif name in TWO and len(texts) > 1:
        yield from (Sentence(*pair) for pair in zip(texts[0], texts[1], strict=False))
    elif name in IN_CONTEXT and len(texts) > 1:
        yield from (Sentence(text, context=context) for context in texts[0] for text in texts[1])
    elif name in TWO_IN_CONTEXT and len(texts) > 2:
        yield from (Sentence(text, plural, texts[0][0]) for text, plural in zip(texts[1], texts[2], strict=False))


def _literals(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value:
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _literals(node.body)
        yield from _literals(node.orelse)


def written(sentences: Iterable[Sentence], translations: dict[Sentence, list[str]]) -> str:
    """The text of the catalogue: sorted, without locations or dates: it changes with the words only."""
    entries = [_entry(sentence, translations.get(sentence, [])) for sentence in sorted(sentences)]
    return "\n".join([HEAD, *entries])


def _entry(sentence: Sentence, translation: list[str]) -> str:
    lines = [f"msgctxt {_quoted(sentence.context)}"] if sentence.context else []
    lines.append(f"msgid {_quoted(sentence.text)}")
    if sentence.plural:
        lines.append(f"msgid_plural {_quoted(sentence.plural)}")
        forms = [*translation, "", ""][:2]
        lines += [f"msgstr[{n}] {_quoted(form)}" for n, form in enumerate(forms)]
    else:
        lines.append(f"msgstr {_quoted(translation[0] if translation else '')}")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'
