"""A visitor who reads pages and fills forms as a browser without script would: for the self-test."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

import httpx

from recoupe.access.authenticator import SoftwareKey
from recoupe.cli.obstacle import Obstacle
from recoupe.kernel.refusal import gettext_noop

Fields = dict[str, list[str]]


@dataclass
class Form:
    """One form of a page: where it goes and what it holds already."""

    action: str
    method: str
    fields: Fields = field(default_factory=dict)
    # Where its script asks what the key must sign; empty for most.
    options: str = ""
    buttons: list[tuple[str, str]] = field(default_factory=list)


class FormReader(HTMLParser):
    """Collects the forms and the links of a page, with the values that a browser would send."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[tuple[str, str]] = []
        self._form: Form | None = None
        self._select = ""
        self._area = ""
        self._text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open a form, or note one of its fields."""
        given = {name: value or "" for name, value in attrs}
        if tag == "a":
            self.links.append((given.get("href", ""), ""))
        elif tag == "form":
            self._form = Form(
                given.get("action", ""), given.get("method", "get").lower(), options=given.get("data-options", "")
            )
            self.forms.append(self._form)
        elif self._form is not None:
            self._field(self._form, tag, given)

    def _field(self, form: Form, tag: str, given: Mapping[str, str]) -> None:
        name = given.get("name", "")
        if tag == "select":
            self._select = name
        elif tag == "option" and self._select and ("selected" in given or self._select not in form.fields):
            form.fields[self._select] = [given.get("value", "")]
        elif tag == "textarea":
            self._area, self._text = name, ""
        elif tag == "button" and name:
            form.buttons.append((name, given.get("value", "")))
        elif tag == "input" and name:
            kind = given.get("type", "text")
            if kind in ("checkbox", "radio"):
                if "checked" in given:
                    form.fields.setdefault(name, []).append(given.get("value", "on"))
            elif kind not in ("submit", "file", "image", "button"):
                form.fields.setdefault(name, []).append(given.get("value", ""))

    def handle_data(self, data: str) -> None:
        """Text of a field, or of a link."""
        if self._area:
            self._text += data
        elif self.links and not self.links[-1][1]:
            self.links[-1] = (self.links[-1][0], data.strip())

    def handle_endtag(self, tag: str) -> None:
        """Close what was open."""
        if tag == "textarea" and self._form is not None:
            self._form.fields[self._area] = [self._text.removeprefix("\n")]
            self._area = ""
        elif tag == "select":
            self._select = ""
        elif tag == "form":
            self._form = None


@dataclass(frozen=True, slots=True)
class Page:
    """What was answered."""

    url: str
    status: int
    text: str
    forms: tuple[Form, ...]
    links: tuple[tuple[str, str], ...]

    def form(self, part: str) -> Form:
        """The form whose address contains `part` (empty: the page's own)."""
        for found in self.forms:
            if (part and part in found.action) or (not part and found.action in ("", ".", self.url)):
                return found
        raise Obstacle(
            gettext_noop("La page %(url)s n'a pas le formulaire attendu (%(part)s)."), url=self.url, part=part
        )

    def link(self, part: str) -> str:
        """The first link whose address contains `part`, made absolute."""
        for address, _words in self.links:
            if part in address:
                return urljoin(self.url, address)
        raise Obstacle(gettext_noop("La page %(url)s n'a pas le lien attendu (%(part)s)."), url=self.url, part=part)


def _from(url: str) -> dict[str, str]:
    """What a browser says of the page that a form was on."""
    return {"Referer": url, "Origin": str(httpx.URL(url).copy_with(path="/", query=None)).rstrip("/")}


class Visitor:
    """One agent at his desk."""

    def __init__(self, base: str, login: str) -> None:
        self.base = base.rstrip("/") + "/"
        self.login = login
        # How often each address was read: what the journal must know of him.
        self.read: Counter[str] = Counter()
        self.http = httpx.Client(follow_redirects=True, timeout=30, headers={"Accept-Language": "fr"})

    def sign_in(self, motive: str, key: SoftwareKey) -> Page:
        """Sign in with a software key, declare a purpose when asked, and stand on the home page."""
        page = self.get("")
        form = page.form("")
        asked = self._options(page, form.options, form)
        # A key is bound to one name of this machine, whichever one the site was called by.
        origin = f"http://{asked['rpId']}:{httpx.URL(page.url).port}"
        page = self.send(page, form, {"answer": key.sign(asked, origin)})
        if any("purpose" in found.fields for found in page.forms):
            form = next(found for found in page.forms if "purpose" in found.fields)
            page = self.send(page, form, {"motive": motive})
        return page

    def _options(self, page: Page, path: str, form: Form) -> Any:
        """What the page's script would fetch before it asks the key."""
        answer = self.http.post(urljoin(page.url, path), data=form.fields, headers=_from(page.url))
        if answer.status_code != httpx.codes.OK:
            raise Obstacle(gettext_noop("%(url)s répond %(status)s."), url=path, status=answer.status_code)
        return answer.json()

    def get(self, path: str, *, expect: int | tuple[int, ...] = 200) -> Page:
        """Read a page of the site; another status than the one expected is an obstacle."""
        return self._page(self.http.get(urljoin(self.base, path)), expect)

    def opens(self, path: str) -> bool:
        """Whether the page is there for this agent."""
        return self.http.get(urljoin(self.base, path)).status_code == httpx.codes.OK

    def get_json(self, path: str) -> Any:
        """Read data of the site."""
        answer = self.http.get(urljoin(self.base, path))
        if answer.status_code != httpx.codes.OK:
            raise Obstacle(gettext_noop("%(url)s répond %(status)s."), url=path, status=answer.status_code)
        return answer.json()

    def send(
        self, page: Page, form: Form, values: Mapping[str, str | list[str]], *, expect: int | tuple[int, ...] = 200
    ) -> Page:
        """Fill a form and send it as a browser would: fields already there, then ours."""
        filled: dict[str, str | list[str]] = {**form.fields, **values}
        target = urljoin(page.url, form.action or page.url)
        if form.method == "post":
            return self._page(self.http.post(target, data=filled, headers=_from(page.url)), expect)
        return self._page(self.http.get(target, params=filled), expect)

    def _page(self, answer: httpx.Response, expect: int | tuple[int, ...]) -> Page:
        if answer.status_code not in (expect if isinstance(expect, tuple) else (expect,)):
            raise Obstacle(
                gettext_noop("%(login)s : %(url)s répond %(status)s au lieu de %(expect)s."),
                login=self.login,
                url=answer.url.path,
                status=answer.status_code,
                expect=expect,
            )
        if answer.request.method == "GET" and answer.status_code == httpx.codes.OK:
            self.read[answer.url.raw_path.decode().lstrip("/")] += 1
        reader = FormReader()
        if "html" in answer.headers.get("content-type", ""):
            reader.feed(answer.text)
        return Page(str(answer.url), answer.status_code, answer.text, tuple(reader.forms), tuple(reader.links))
