"""The shell: who sees which door, what each field says, and that no page carries a script or a style of its own."""

import re
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import pytest
from django.conf import settings
from django.template import Context, Template
from django.test import Client, RequestFactory
from django.test.utils import override_settings
from django.urls import resolve
from django.utils.translation import override

from recoupe.access.enums import Role
from recoupe.web import shell, themes
from recoupe.web.policy import policy
from tests.web.style import urls as style_urls
from tests.web.style.server import made_agent, settings_of

TEMPLATES = Path(shell.__file__).parent / "templates"
PAGES = [f"/style/{name}/" for name in style_urls.PAGES]


@pytest.fixture
def pages() -> Iterator[Client]:
    """A client of the style pages."""
    with override_settings(**settings_of()):
        yield Client(headers={"accept-language": "fr"})


def doors(role: Role) -> set[str]:
    """The names of the entries that a role sees when every page exists and admits everyone."""
    with override_settings(**settings_of()):
        groups = shell.navigation(frozenset({role}), "/")
    urls = {link.url for group in groups for link in group.links}
    return {e.name for g in shell.NAVIGATION for e in g.entries if shell_url(e.name) in urls}


def shell_url(name: str) -> str:
    """The address of an entry among the style pages; empty where none serves it."""
    with override_settings(**settings_of()):
        return shell.url_or_empty(name)


WRITING = {"report-new", "hit-list", "contact-list"}
BUSINESS = {"search", "report-list"}
EXPECTED = {
    Role.INVESTIGATOR: (
        BUSINESS | WRITING | {"dealpoint-map", "dealpoint-list", "objective-list", "import-list"},
        {"journal"},
    ),
    Role.UNIT_HEAD: (BUSINESS | WRITING | {"import-list", "reads"}, {"journal"}),
    Role.DUTY_OFFICER: (BUSINESS | WRITING, {"journal", "import-list"}),
    Role.CROSS_ANALYST: (BUSINESS | WRITING | {"import-list", "objective-list"}, {"journal"}),
    Role.CROSS_HEAD: (BUSINESS | WRITING | {"import-list", "objective-list"}, {"journal"}),
    Role.OFAST_ANALYST: (BUSINESS | WRITING | {"import-list"}, {"journal"}),
    Role.REGISTRY_MANAGER: ({"search"}, WRITING | {"journal", "objective-list", "dealpoint-map"}),
    Role.WATCH_DESK: (
        {"home"},
        BUSINESS | WRITING | {"journal", "plan-board", "objective-list", "event-list"},
    ),
    Role.PLAN_MANAGER: (
        {"home", "plan-board", "plan-committee"},
        BUSINESS | WRITING | {"journal", "objective-list", "event-list"},
    ),
    # A prosecutor's office answers contacts that are carried to it, and writes no report.
    Role.PROSECUTOR: (
        BUSINESS | {"objective-list", "dealpoint-map", "contact-list"},
        (WRITING - {"contact-list"}) | {"journal", "import-list"},
    ),
    Role.EXAMINING_JUDGE: (BUSINESS, WRITING | {"objective-list", "dealpoint-map", "journal"}),
    Role.DPO: ({"journal", "plan-board"}, BUSINESS | WRITING | {"objective-list", "dealpoint-map"}),
    Role.INSPECTION: ({"journal"}, BUSINESS | WRITING | {"objective-list", "plan-board"}),
    Role.SYSADMIN: ({"home"}, BUSINESS | WRITING | {"journal", "plan-board", "objective-list"}),
    Role.DESIGNATING_AUTHORITY: ({"home"}, BUSINESS | WRITING | {"journal", "plan-board", "objective-list"}),
}


def test_every_role_has_its_row() -> None:
    """A new role cannot be added without saying what it sees."""
    assert set(EXPECTED) == set(Role)


@pytest.mark.parametrize("role", list(Role))
def test_doors_of_each_role(role: Role) -> None:
    """Each role sees its doors and none of the others'."""
    seen, hidden = EXPECTED[role]
    assert seen <= doors(role)
    assert not hidden & doors(role)


def test_a_missing_page_has_no_door(pages: Client) -> None:
    """A process that does not serve a page shows no link to it instead of failing."""
    with override_settings(ROOT_URLCONF="recoupe.portal.urls"):
        assert shell.navigation(frozenset(Role), "/") == ()
        assert shell.url_or_empty("report-list") == ""


def test_a_page_that_refuses_a_role_shows_it_no_door(pages: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """The view's own policy has the last word."""
    view = resolve("/renseignements/").func
    monkeypatch.setattr(view, "policy", None, raising=False)
    assert shell.opens("/renseignements/", frozenset({Role.DPO}))
    policy(roles=[Role.INVESTIGATOR])(view)
    assert shell.opens("/renseignements/", frozenset({Role.INVESTIGATOR}))
    assert not shell.opens("/renseignements/", frozenset({Role.DPO}))


def test_letters_are_unique() -> None:
    """Two doors never answer to one key."""
    letters = [entry.letter for group in shell.NAVIGATION for entry in group.entries]
    assert len(letters) == len(set(letters))


@pytest.mark.parametrize(
    ("path", "lit"),
    [
        ("/renseignements/", "/renseignements/"),
        ("/renseignements/nouveau/", "/renseignements/nouveau/"),
        ("/ailleurs/", None),
    ],
)
def test_one_door_is_lit(pages: Client, path: str, lit: str | None) -> None:
    """The most precise entry is the current one, and only it."""
    groups = shell.navigation(frozenset({Role.CROSS_ANALYST}), path)
    assert [link.url for g in groups for link in g.links if link.current] == ([lit] if lit else [])


def test_context_without_agent() -> None:
    """A page shown before sign-in has no navigation and no search."""
    made = shell.context(RequestFactory().get("/"))["shell"]
    assert made.agent is None
    assert made.links == made.shortcuts == ""
    assert made.search_url == ""


@pytest.mark.parametrize("path", PAGES)
def test_page_is_whole_and_inert(pages: Client, path: str) -> None:
    """Each page says that its data are made, and has no script, handler or style of its own."""
    response = pages.get(path)
    html = response.content.decode()
    assert response.status_code == HTTPStatus.OK
    assert "Démonstration\u00a0: données fictives" in html
    assert inline_parts(html) == []
    assert 'lang="fr"' in html
    # The policy must stand before anything else can run.
    assert re.search(r"<script[^>]*>", html).group().endswith('js/trusted-types.js">')  # type: ignore[union-attr]
    assert "require-trusted-types-for 'script'" in response["Content-Security-Policy"]
    assert "unsafe" not in response["Content-Security-Policy"]


def inline_parts(html: str) -> list[str]:
    """Whatever the content policy would refuse in this page."""
    return re.findall(r"<script(?![^>]*\bsrc=)[^>]*>|<style|\sstyle=|\son\w+=\"|javascript:|hx-on", html)


def test_inline_parts_are_found() -> None:
    """The check above sees what it is there to see."""
    assert len(inline_parts('<p style="x"><script>1</script><a onclick="1"><script src="a.js"></script>')) == 3


@pytest.mark.parametrize("path", sorted(str(p.relative_to(TEMPLATES)) for p in TEMPLATES.rglob("*.html")))
def test_no_template_holds_a_script_or_a_style(path: str) -> None:
    """Holds for every room's templates, shown by a test page or not."""
    assert inline_parts((TEMPLATES / path).read_text()) == []


@pytest.mark.parametrize("status", [400, 403, 404, 405, 409, 413, 422, 500, 503])
@pytest.mark.parametrize("role", ["cross_analyst", "nobody"])
def test_error_pages(pages: Client, status: int, role: str) -> None:
    """Each refusal has a title, a sentence and what to do, with or without somebody signed in."""
    pages.cookies["style_role"] = role
    response = pages.get(f"/style/error/{status}/")
    html = response.content.decode()
    assert response.status_code == status
    assert "Ce recoupement a déjà été jugé par votre service." in html
    assert 'class="error-page__todo"' in html
    assert ("Navigation principale" in html) is (role != "nobody")


def rendered_field(data: dict[str, str] | None, name: str) -> str:
    """One field of the style form, as the partial writes it."""
    form = style_urls.StyleForm(data)
    with override("fr"):
        return Template("{% load shell_tags %}{% field f %}").render(Context({"f": form[name]}))


def test_field_ties_help_and_error_to_the_input() -> None:
    """What a screen reader hears with the field: its error, then its help."""
    html = rendered_field({"event_from": ""}, "event_from")
    described = re.search(r'aria-describedby="([^"]+)"', html).group(1).split()  # type: ignore[union-attr]
    assert described == ["id_event_from_error", "id_event_from_helptext"]
    assert all(f'id="{name}"' in html for name in described)
    assert 'aria-invalid="true"' in html
    assert "facultatif" not in html


def test_field_of_a_choice_is_a_fieldset() -> None:
    """Radio buttons and boxes are named by a legend."""
    html = rendered_field(None, "handling")
    assert "<fieldset" in html
    assert "<legend>Diffusion</legend>" in html.replace("\n", "")


def test_optional_field_says_so() -> None:
    """The exception is marked, not the rule."""
    assert "(facultatif)" in rendered_field(None, "event_to")


def test_field_text_is_escaped() -> None:
    """A value typed by somebody never becomes markup."""
    assert "<script>" not in rendered_field({"event_from": "<script>1</script>"}, "event_from")


@pytest.mark.parametrize(("name", "used"), [("neutral", "neutral"), ("dsfr", "dsfr"), ("no such theme", "neutral")])
def test_theme(name: str, used: str) -> None:
    """The design system is loaded only where asked for; a wrong name costs nobody his page."""
    with override_settings(THEME=name):
        assert themes.theme() == used
        assert any("dsfr" in sheet.path for sheet in themes.sheets()) is (used == "dsfr")


def test_every_sheet_exists() -> None:
    """No theme names a file that we do not serve."""
    static = Path(shell.__file__).parent / "static"
    assert set(themes.THEMES) == set(settings.THEMES), "the names that `recoupe check` knows"
    assert [s.path for sheets in themes.THEMES.values() for s in sheets if not (static / s.path).is_file()] == []


def test_every_icon_exists() -> None:
    """Each icon that a template or an entry names is in the sprite."""
    sprite = (Path(shell.__file__).parent / "static" / "img" / "icons.svg").read_text()
    drawn = set(re.findall(r'id="([^"]+)"', sprite))
    written = {
        name
        for path in TEMPLATES.rglob("*.html")
        for name in re.findall(r'{% icon "([^"]+)"|icon_name="([^"]+)"', path.read_text())
        for name in filter(None, name)
    }
    assert written | {e.icon for g in shell.NAVIGATION for e in g.entries} <= drawn


def test_agent_and_purpose_are_shown(pages: Client) -> None:
    """Who acts, for which unit and why stand on every page."""
    html = pages.get("/style/home/").content.decode()
    agent = made_agent(Role.CROSS_ANALYST)
    for words in (agent.name, agent.unit_name, agent.case_ref, "Finalité déclarée"):
        assert words in html


def test_every_page_leads_to_ones_own_keys(pages: Client) -> None:
    """On the sign-in site, on the host that the reader uses; nobody signed in has none."""
    door = f'href="http://testserver:{settings.SIGNIN_PORT}/cles/"'
    assert pages.get("/style/home/").content.decode().count(door) == 2
    pages.cookies["style_role"] = "nobody"
    assert "/cles/" not in pages.get("/style/error/404/").content.decode()
    with override_settings(SIGNIN_URL="https://entree.example/", SIGNIN_ORIGIN="https://entree.example"):
        pages.cookies["style_role"] = "dpo"
        assert 'href="https://entree.example/cles/"' in pages.get("/style/home/").content.decode()


def test_no_history_in_the_browser(pages: Client) -> None:
    """htmx would keep whole pages in the browser's storage; ours may not."""
    assert settings.DEMO is True
    html = pages.get("/style/home/").content.decode()
    for setting in (
        '"historyCacheSize":0',
        '"allowEval":false',
        '"allowScriptTags":false',
        '"includeIndicatorStyles":false',
    ):
        assert setting in html
