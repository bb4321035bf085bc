"""The public placeholder: two languages, the strict policy, no cookie, no script, nothing kept."""

import re
from collections.abc import Iterator
from http import HTTPStatus

import pytest
from django.conf import settings
from django.test import Client
from django.test.utils import override_settings


@pytest.fixture
def public() -> Iterator[Client]:
    """A client of the public site, with its own middleware and context."""
    [first] = settings.TEMPLATES
    with override_settings(
        ROOT_URLCONF="recoupe.config.urls_portal",
        MIDDLEWARE=[m for m in settings.MIDDLEWARE if "ActingContext" not in m],
        TEMPLATES=[{**first, "OPTIONS": {"context_processors": []}}],
    ):
        yield Client(raise_request_exception=False)


@pytest.mark.parametrize(
    ("path", "language", "words"), [("/", "fr", "pas encore ouvert"), ("/en/", "en", 'href="/" lang="fr"')]
)
def test_page_in_the_language_of_its_address(public: Client, path: str, language: str, words: str) -> None:
    """The address decides, whatever the browser prefers; both say 17 and 112."""
    for preferred in ("fr", "en", "de"):
        response = public.get(path, headers={"accept-language": preferred})
        html = response.content.decode()
        assert response.status_code == HTTPStatus.OK
        assert f'<html lang="{language}">' in html
        assert words in html
        assert 'href="tel:17"' in html
        assert 'href="tel:112"' in html


@pytest.mark.parametrize(
    ("path", "status"), [("/", 200), ("/en/", 200), ("/nulle-part", 404), ("/en/nowhere/<b>", 404), ("/?a=%00", 200)]
)
def test_nothing_is_left_behind(public: Client, path: str, status: int) -> None:
    """No cookie, no store, no referrer, the strict policy: on errors as well."""
    response = public.get(path)
    assert response.status_code == status
    assert not response.cookies
    assert "no-store" in response["Cache-Control"]
    assert response["Referrer-Policy"] == "no-referrer"
    assert "default-src 'none'" in response["Content-Security-Policy"]
    html = response.content.decode()
    assert not re.search(r"<script|<style|\sstyle=|\son\w+=|https?://", html)


def test_nothing_can_be_sent(public: Client) -> None:
    """The door is closed: no form, no method that writes."""
    assert b"<form" not in public.get("/").content
    assert public.post("/", {"text": "x"}).status_code == HTTPStatus.METHOD_NOT_ALLOWED


def test_demo_band(public: Client) -> None:
    """The made world says so here too, and only it."""
    with override_settings(DEMO=True):
        assert "Démonstration\u00a0: données fictives" in public.get("/").content.decode()
    with override_settings(DEMO=False):
        assert "Démonstration" not in public.get("/").content.decode()
