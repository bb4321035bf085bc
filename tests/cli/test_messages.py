"""Our compiled catalogues are what gettext reads."""

import gettext
import io
import os
from pathlib import Path

import pytest

from recoupe.cli import messages

CATALOGUE = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

#: somewhere
msgid "Enregistrer"
msgstr "Save"

msgctxt "cour"
msgid "Appel"
msgstr "Appeal"

msgid "Appel"
msgstr "Call"

#, python-format
msgid "%(n)d fiche"
msgid_plural "%(n)d fiches"
msgstr[0] "%(n)d report"
msgstr[1] "%(n)d reports"

#, fuzzy
msgid "Peut-être"
msgstr "Perhaps"

msgid "Pas encore"
msgstr ""

msgid ""
"Une phrase "
"en deux \\"lignes\\"\\n"
msgstr ""
"A sentence "
"in two \\"lines\\"\\n"

#~ msgid "Autrefois"
#~ msgstr "Formerly"
"""


@pytest.fixture(scope="module")
def catalogue() -> gettext.GNUTranslations:
    return gettext.GNUTranslations(io.BytesIO(messages.compiled(CATALOGUE)))


@pytest.mark.parametrize(
    ("french", "english"),
    [
        ("Enregistrer", "Save"),
        ("Appel", "Call"),
        ('Une phrase en deux "lignes"\n', 'A sentence in two "lines"\n'),
        ("Peut-être", "Peut-être"),
        ("Pas encore", "Pas encore"),
        ("Autrefois", "Autrefois"),
        ("Inconnu", "Inconnu"),
    ],
)
def test_a_sentence_is_translated_or_stays_itself(
    catalogue: gettext.GNUTranslations, french: str, english: str
) -> None:
    assert catalogue.gettext(french) == english


def test_contexts_and_plurals(catalogue: gettext.GNUTranslations) -> None:
    assert catalogue.pgettext("cour", "Appel") == "Appeal"
    assert [catalogue.ngettext("%(n)d fiche", "%(n)d fiches", n) for n in (1, 2)] == ["%(n)d report", "%(n)d reports"]


def test_only_what_changed_is_compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "en" / "LC_MESSAGES" / "django.po"
    source.parent.mkdir(parents=True)
    source.write_text(CATALOGUE)
    monkeypatch.setattr(messages, "LOCALES", tmp_path)
    both = [source.with_suffix(".mo"), tmp_path / "fr" / "LC_MESSAGES" / "django.mo"]
    assert messages.compile_all() == both
    assert messages.compile_all() == []
    later = source.with_suffix(".mo").stat().st_mtime + 5
    os.utime(source, (later, later))
    assert messages.compile_all() == both


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Où est-ce ?", "Où est-ce\u00a0?"),
        ("Attention : « %(name)s » ; non !", "Attention\u00a0: «\u00a0%(name)s\u00a0»\u00a0; non\u00a0!"),
        ("Cible : %(share)s %%", "Cible\u00a0: %(share)s %%"),
        ("À 12:30, voir https://exemple.invalid/?a", "À 12:30, voir https://exemple.invalid/?a"),
        ("le champ :nom", "le champ :nom"),
        ("Enregistrer", "Enregistrer"),
    ],
)
def test_french_is_shown_with_spaces_at_which_no_line_is_broken(written: str, shown: str) -> None:
    quoted = written.replace("\\", "\\\\").replace('"', '\\"')
    made = messages.french(f'msgid ""\nmsgstr ""\n\nmsgid "{quoted}"\nmsgstr ""\n')
    assert gettext.GNUTranslations(io.BytesIO(made)).gettext(written) == shown


def test_french_counts_nothing_in_the_singular() -> None:
    french = gettext.GNUTranslations(io.BytesIO(messages.french(CATALOGUE)))
    forms = [french.ngettext("%(n)d fiche", "%(n)d fiches", n) for n in (0, 1, 2)]
    assert forms == ["%(n)d fiche", "%(n)d fiche", "%(n)d fiches"]
    assert french.pgettext("cour", "Appel") == "Appel"
