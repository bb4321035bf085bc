"""The public pages: two languages, the strict policy, no cookie, nothing kept, light; places tell nothing."""

import gzip
import json
import re
from collections.abc import Iterator
from http import HTTPStatus

import pytest
from django.db import OperationalError
from django.http import HttpResponse
from django.test import Client
from django.test.utils import override_settings

from recoupe.portal import ground, packed, store, views
from recoupe.portal.flood import Bucket
from recoupe.sealing import receipt
from tests.portal.door import key_for, site_settings
from tests.world import World

KIB = 1024


@pytest.fixture
def public(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    """A client of the public site, with its own middleware, context and database role."""
    monkeypatch.setattr(views, "PLAIN_BUCKET", Bucket())
    with override_settings(**site_settings()), world.process("portal"):
        yield Client(raise_request_exception=False)


@pytest.mark.parametrize(
    ("path", "language", "words"),
    [("/", "fr", "Signaler un trafic, sans dire qui vous êtes"), ("/en/", "en", 'href="/" lang="fr"')],
)
def test_page_in_the_language_of_its_address(public: Client, path: str, language: str, words: str) -> None:
    """The address decides, whatever the browser prefers; both say 17 and 112."""
    for preferred in ("fr", "en", "de"):
        response = public.get(path, headers={"accept-language": preferred})
        html = response.content.decode()
        assert response.status_code == HTTPStatus.OK
        assert f'<html lang="{language}" dir="ltr">' in html
        assert words in html
        assert 'href="tel:17"' in html
        assert 'href="tel:112"' in html


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 200), ("/en/", 200), ("/nulle-part", 404), ("/en/nowhere/<b>", 404), ("/?a=%00", 200),
        ("/sans-script", 200), ("/en/sans-script", 200), ("/quitter", 200), ("/en/quitter", 200), ("/lieux/zz", 404),
        ("/carte/99", 404), ("/lieux/13.places", 404),
    ],
)  # fmt: skip
def test_nothing_is_left_behind(public: Client, path: str, status: int) -> None:
    """No cookie, no store, no referrer, the strict policy: on errors as well."""
    response = public.get(path)
    assert response.status_code == status
    assert not response.cookies
    assert "no-store" in response["Cache-Control"]
    assert response["Referrer-Policy"] == "no-referrer"
    assert "default-src 'none'" in response["Content-Security-Policy"]
    html = response.content.decode()
    scripts = re.findall(r"<script[^>]*>", html)
    assert all(re.search(r'src="/static/portal/app\.mjs" integrity="sha256-', tag) for tag in scripts)
    assert not re.search(r"<style|\sstyle=|\son\w+=|https?://", html)


def test_leaving_makes_the_browser_forget(public: Client) -> None:
    assert public.get("/quitter")["Clear-Site-Data"] == '"cache", "cookies", "storage"'


def test_demo_band(public: Client) -> None:
    """The made world says so here too, and only it."""
    with override_settings(DEMO=True):
        assert "Démonstration\u00a0: données fictives" in public.get("/").content.decode()
    with override_settings(DEMO=False):
        assert "Démonstration" not in public.get("/").content.decode()


def test_the_home_page_reads_nothing_and_takes_nothing(public: Client) -> None:
    assert public.post("/", {"text": "x"}).status_code == HTTPStatus.METHOD_NOT_ALLOWED
    assert public.get("/pli").status_code == HTTPStatus.METHOD_NOT_ALLOWED


def test_every_file_that_the_page_names_is_the_one_that_is_served(public: Client) -> None:
    html = public.get("/").content.decode()
    named = re.findall(r'(?:src|href|content)="/static/([^"]+)" (?:data-)?integrity="([^"]+)"', html)
    assert len(named) == 2 + len(views.MODULES)
    for name, told in named:
        answer = public.get(f"/static/{name}", headers={"accept-encoding": "gzip"})
        assert packed.integrity(name) == told
        assert gzip.decompress(answer.content) == packed.files()[name]
        assert answer["Content-Encoding"] == "gzip"
        assert answer["Cache-Control"] == "no-store", "no cache of this device tells who was here"
    plain = public.get("/static/portal/app.mjs")
    assert b"".join(plain.streaming_content) == packed.files()["portal/app.mjs"]  # type: ignore[attr-defined]
    assert public.get("/static/portal/nothing.mjs", headers={"accept-encoding": "gzip"}).status_code == 404


def weight(public: Client, path: str) -> int:
    """Bytes of an answer, as a browser that takes packed ones is sent it, with its headers."""
    answer = public.get(path, headers={"accept-encoding": "gzip"})
    assert answer.status_code == 200, path
    return len(answer.serialize_headers()) + len(answer.content)


def test_the_first_screen_and_a_whole_report_are_light(world: World, public: Client) -> None:
    """`demo/benches/portal.py` measures the same on the line, with every cell open."""
    key_for(world, "CROSS13")
    html = public.get("/").content.decode()
    later = set(re.findall(r'<meta name="module" content="([^"]+)"', html))
    named = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', html))
    assert later
    first = sum(weight(public, path) for path in {"/", "/cles", "/static/portal/page.mjs", *named})
    rest = sum(weight(public, path) for path in {*later, "/static/portal/worker.mjs", "/static/sealing/words.txt"})
    whole = first + rest + weight(public, "/lieux/13") + 2 * weight(public, "/calcul")
    assert first <= 60 * KIB
    assert whole <= 150 * KIB
    assert weight(public, "/carte/62") <= 100 * KIB


def test_the_line_does_not_tell_which_department_is_asked_for(public: Client) -> None:
    """Every department, known or without a map, one size; the lines of each are read as JSON."""
    areas = {path.name.partition(".")[0] for path in ground.DATA.glob("*.places.gz")}
    assert len(areas) > 100
    for what, size in (("lieux", ground.PLACES), ("carte", ground.MAP)):
        sizes = set()
        for area in sorted(areas):
            answer = public.get(f"/{what}/{area}", headers={"accept-encoding": "gzip"})
            assert answer.status_code == 200
            assert json.loads(answer.content)
            sizes.add(len(bytes(answer.headers["Content-Type"], "ascii") + answer.content))
        assert sizes == {size + len("application/json")}


def test_all_keys_are_told_at_once_and_a_closed_department_has_none(world: World, public: Client) -> None:
    key_for(world, "CROSS13")
    told = json.loads(public.get("/cles").content)
    areas = {code: (name, slots) for code, name, slots in told["areas"]}
    assert areas["13"][0] == "Bouches-du-Rhône"
    assert areas["13"][1][0] >= 0
    assert areas["2A"][1] == []
    assert all(len(key) == 44 for key in told["keys"])


def said(response: HttpResponse) -> str:
    [found] = re.findall(r'role="alert">([^<]+)<', response.content.decode())
    return str(found)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"act": "send"}, "Choisissez le département"),
        ({"act": "send", "area": "13"}, "vide"),
        ({"act": "send", "area": "13", "text": "x" * 4001}, "trop long"),
        ({"act": "send", "area": "2A", "text": "x"}, "Personne ne peut encore lire"),
        ({"act": "send", "area": "13", "text": "x", "words": "un deux"}, "onze mots"),
        ({"act": "send", "area": "13", "text": "x", "words": " ".join(receipt.draw().words)}, "Rien n'est gardé"),
        ({"act": "read", "words": "un deux"}, "onze mots"),
        ({"act": "read", "words": " ".join(receipt.draw().words)}, "Rien n'est gardé"),
        ({"act": "burn", "words": ""}, "onze mots"),
        ({"act": "burn", "words": " ".join(receipt.draw().words)}, "effacé"),
        ({}, "onze mots"),
        ({"act": "send", "area": "13", "text": "x" * 70_000}, "rien n'a été reçu"),
    ],
)
def test_a_form_without_scripts_that_is_wrong_says_why_and_keeps_nothing(
    world: World, public: Client, fields: dict[str, str], words: str
) -> None:
    key_for(world, "CROSS13")
    before = world.sql("SELECT count(*) FROM tips_letter")
    answer = public.post("/sans-script", fields)
    assert answer.status_code == 200
    assert words in said(answer).replace("&#x27;", "'")  # type: ignore[arg-type]
    assert world.sql("SELECT count(*) FROM tips_letter") == before


def test_a_flood_without_scripts_is_held_apart(world: World, public: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    key_for(world, "CROSS13")
    monkeypatch.setattr(views, "PLAIN_BUCKET", Bucket(per_minute=0))
    answer = public.post("/sans-script", {"act": "send", "area": "13", "text": "x"})
    assert "Réessayez" in said(answer)  # type: ignore[arg-type]
    assert public.get("/calcul").status_code == 200


@pytest.mark.parametrize("path", ["/cles", "/sans-script"])
def test_a_base_that_does_not_answer_is_told(world: World, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    """Neither a bare 500 nor the words of the base."""

    def away(day: object) -> None:
        raise OperationalError("zqhote")

    monkeypatch.setattr(store, "open_areas", away)
    with override_settings(**site_settings()), world.process("portal"):
        response = Client(raise_request_exception=False).get(path)
    assert response.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    html = response.content.decode()
    assert "Le site a rencontré un incident" in html
    assert "zqhote" not in html
