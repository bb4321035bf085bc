"""The English catalogue is whole, follows the sources, and what an English reader is shown is English."""

import re
from collections.abc import Iterator
from datetime import date
from html import unescape
from http import HTTPStatus

import pytest
from django.conf import settings
from django.test import Client, override_settings
from django.utils.formats import date_format, get_format
from django.utils.translation import override

from recoupe.access.enums import Role
from recoupe.cli import messages, sentences
from recoupe.cli.sentences import Sentence
from recoupe.config.paths import PROJECT
from recoupe.reference.models import Measure, Product
from tests.world import TestAgent, World

CATALOGUE = messages.LOCALES / "en" / "LC_MESSAGES" / "django.po"
PLACEHOLDER = re.compile(r"%%?\(\w+\)[a-z]|%%|\{\w+\}")
# A shorter French word may also be a name or an English word of the page.
LANDMARK = 12


@pytest.fixture(scope="module")
def catalogue() -> dict[Sentence, list[str]]:
    return messages.translated(CATALOGUE.read_text(encoding="utf-8"))


def test_the_catalogue_holds_the_sentences_of_the_sources_and_no_other(catalogue: dict[Sentence, list[str]]) -> None:
    found = sentences.collect(PROJECT / "recoupe")
    assert sorted(found - set(catalogue)) == [], "make messages, then translate what is new"
    assert sorted(set(catalogue) - found) == [], "make messages"


def test_the_file_is_what_the_collector_writes(catalogue: dict[Sentence, list[str]]) -> None:
    text = CATALOGUE.read_text(encoding="utf-8")
    assert text == sentences.written(set(catalogue), catalogue)
    assert not re.search(r"^#[:,~]|/home/|/work/|POT-Creation-Date", text, re.MULTILINE)


def test_sentences_are_typed_with_ordinary_spaces_and_no_template_breaks_a_line_before_a_mark(
    catalogue: dict[Sentence, list[str]],
) -> None:
    odd = re.compile("[\u00a0\u202f]")
    assert [s.text for s in catalogue if odd.search(s.text + s.plural)] == []
    outside = re.compile(
        r"\{%-?\s*(?:blocktrans|blocktranslate)\b.*?endblocktrans(?:late)?\s*%\}|\{[%{#].*?[%}#]\}", re.DOTALL
    )
    loose = re.compile(r" [;:?!»](?!\w)|« ")
    templates = sorted((PROJECT / "recoupe").rglob("templates/**/*.html"))
    assert len(templates) > 50
    assert [str(path) for path in templates if loose.search(outside.sub("", path.read_text(encoding="utf-8")))] == []


def test_every_sentence_is_translated(catalogue: dict[Sentence, list[str]]) -> None:
    assert [sentence for sentence, forms in catalogue.items() if not all(form.strip() for form in forms)] == []
    assert [s for s, forms in catalogue.items() if len(forms) != (2 if s.plural else 1)] == []


def test_placeholders_and_outer_spaces_are_kept(catalogue: dict[Sentence, list[str]]) -> None:
    wrong = []
    for sentence, forms in catalogue.items():
        for french, english in zip((sentence.text, sentence.plural), forms, strict=False):
            same_marks = sorted(PLACEHOLDER.findall(french)) == sorted(PLACEHOLDER.findall(english))
            outer = [(t[:1] == " ", t[-1:] == " ", t.count("\n")) for t in (french, english)]
            if not same_marks or outer[0] != outer[1]:
                wrong.append((french, english))
    assert wrong == []


def test_english_is_written_in_english(catalogue: dict[Sentence, list[str]]) -> None:
    french = re.compile(r"[«»]| [:;?!]|\b(le|la|les|des|une|est|pour|dans|avec|votre|cette)\b", re.IGNORECASE)
    assert [form for forms in catalogue.values() for form in forms if french.search(form)] == []


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('x = _("un")', {Sentence("un")}),
        ('x = _n("un" if y else "deux")', {Sentence("un"), Sentence("deux")}),
        ('Refused(gettext_noop("%(n)s " "jours"), n=1)', {Sentence("%(n)s jours")}),
        ('ngettext("%(n)s jour", "%(n)s jours", n)', {Sentence("%(n)s jour", "%(n)s jours")}),
        ('pgettext("cour", "Appel")', {Sentence("Appel", context="cour")}),
        ('_(label) or print("rien")', set()),
    ],
)
def test_what_a_module_marks(source: str, expected: set[Sentence]) -> None:
    assert set(sentences.of_python(source)) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('<p data-x="{% trans "Dire (tout)" %}">', {Sentence("Dire (tout)")}),
        ('{% trans "L\'accord" %} {{ a|default:_("rien") }}', {Sentence("L'accord"), Sentence("rien")}),
        (
            "{% blocktrans count n=x %}{{ n }} jour{% plural %}{{ n }} jours{% endblocktrans %}",
            {Sentence("%(n)s jour", "%(n)s jours")},
        ),
        ('{% include "a.html" with title=_("Un") text=_("Deux") %}', {Sentence("Un"), Sentence("Deux")}),
        ("<p>_(pas une phrase)</p>", set()),
    ],
)
def test_what_a_template_marks(source: str, expected: set[Sentence]) -> None:
    assert set(sentences.of_template("{% load i18n %}" + source, "made.html")) == expected


def test_dates_are_written_day_first_in_both_languages() -> None:
    day = date(2026, 4, 3)
    written = {}
    for language in ("fr", "en"):
        with override(language):
            written[language] = [date_format(day), date_format(day, "SHORT_DATE_FORMAT"), date_format(day, "l j F Y")]
            assert get_format("DATE_INPUT_FORMATS")[0] == "%d/%m/%Y"
    assert written == {
        "fr": ["3 avril 2026", "03/04/2026", "vendredi 3 avril 2026"],
        "en": ["3 April 2026", "03/04/2026", "Friday 3 April 2026"],
    }


def test_reference_data_with_two_languages_follows_the_reader() -> None:
    product = Product(code="x", label="résine de cannabis", label_en="cannabis resin")
    measure = Measure(number=1, title_fr="Créer", title_en="Create")
    for language, shown in (("fr", ("résine de cannabis", "Créer")), ("en", ("cannabis resin", "Create"))):
        with override(language):
            assert (str(product), measure.title) == shown


def words(body: bytes) -> str:
    """A page without its addresses: its text, and the texts that its attributes carry."""
    return unescape(re.sub(r'="[/?#][^"]*"', '=""', body.decode()))


def left_over(page: str, catalogue: dict[Sentence, list[str]]) -> list[str]:
    """French sentences of the catalogue that an English page still shows."""
    return [
        s.text
        for s, forms in catalogue.items()
        if len(s.text) >= LANDMARK and "%" not in s.text and s.text not in forms[0] and s.text in page
    ]


def pages(client: Client, start: str) -> Iterator[tuple[str, bytes]]:
    """The home and every page that its links lead to."""
    home = client.get(start, follow=True)
    yield start, home.content
    found = re.findall(rb'href="(/[a-z][^"#]*)"', home.content)
    for address in sorted({unescape(link.decode()) for link in found} - {start}):
        if not address.startswith("/static/"):
            answer = client.get(address)
            assert answer.status_code == HTTPStatus.OK, address
            if not answer.streaming and "html" in answer["Content-Type"]:
                yield address, answer.content


WALKED = [
    (Role.INVESTIGATOR, "PJ13"),
    (Role.UNIT_HEAD, "PJ13"),
    (Role.CROSS_HEAD, "CROSS13"),
    (Role.OFAST_ANALYST, "OFAST"),
    (Role.PROSECUTOR, "TJ13"),
    (Role.EXAMINING_JUDGE, "TJ13"),
    (Role.DPO, "OFAST"),
    (Role.SYSADMIN, "OFAST"),
    (Role.DESIGNATING_AUTHORITY, "OFAST"),
]


@pytest.mark.parametrize(("role", "unit"), WALKED)
def test_an_english_reader_is_shown_no_french(
    world: World, catalogue: dict[Sentence, list[str]], role: Role, unit: str
) -> None:
    client = world.client(world.agent(role=role, unit=unit))
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    seen = 0
    for address, body in pages(client, "/"):
        page = words(body)
        assert 'lang="en"' in page, address
        assert left_over(page, catalogue) == [], address
        seen += 1
    assert seen > 2


def test_the_same_page_in_both_languages(world: World) -> None:
    client = world.client(world.agent())
    for language, landmarks in (
        ("fr", ("Recoupements", "Aller au contenu")),
        ("en", ("Cross-checks", "Skip to content")),
    ):
        page = words(client.get("/", headers={"accept-language": language}).content)
        assert [mark for mark in landmarks if mark not in page] == []


def test_a_refusal_is_written_in_the_language_of_its_reader(world: World) -> None:
    client = world.client(world.agent())
    page = words(client.get("/journal/", headers={"accept-language": "en"}).content)
    assert "Your authorisation does not give access to this page." in page


def test_the_sign_in_page_follows_the_browser(world: World, catalogue: dict[Sentence, list[str]]) -> None:
    kept = [m for m in settings.MIDDLEWARE if "ActingContext" not in m]
    with override_settings(ROOT_URLCONF="recoupe.config.urls_signin", MIDDLEWARE=kept), world.process("signin"):
        client = Client(headers={"accept-language": "en-GB,en;q=0.9,fr;q=0.5"})
        page = words(client.get("/").content)
        wrong = words(client.post("/", {"answer": "none"}).content)
        french = words(Client().get("/").content)
    assert "Sign in with my key" in page
    assert left_over(page + wrong, catalogue) == []
    assert "This key was not accepted." in wrong
    assert "Se connecter avec ma clé" in french


def test_the_public_site_speaks_the_language_of_its_address(catalogue: dict[Sentence, list[str]]) -> None:
    with override_settings(
        ROOT_URLCONF="recoupe.config.urls_portal",
        MIDDLEWARE=[m for m in settings.MIDDLEWARE if "ActingContext" not in m],
    ):
        client = Client(headers={"accept-language": "fr"})
        page = words(client.get("/en/").content)
        french = words(Client(headers={"accept-language": "en"}).get("/").content)
    assert left_over(page, catalogue) == []
    assert "Is someone in danger right now?" in page
    assert "Quelqu'un est en danger maintenant\u00a0?" in french


def test_an_agent_signs_in_once_for_both(world: World) -> None:
    who: TestAgent = world.agent()
    client = world.client(who)
    chosen = client.post("/langue/", {"language": "en", "next": "/"})
    assert chosen.status_code == HTTPStatus.FOUND
    assert "Cross-checks" in words(client.get("/").content)
