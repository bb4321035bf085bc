"""Form widgets written by functions: Django's own templates take three renderings for each option of a list."""

from collections.abc import Callable, Mapping
from typing import Any

from django.forms.renderers import DjangoTemplates
from django.http import HttpRequest
from django.utils.safestring import SafeString

from recoupe.web.markup import attributes, text

Widget = Mapping[str, Any]


def _input(widget: Widget) -> str:
    value = "" if widget["value"] is None else f' value="{text(widget["value"])}"'
    return f'<input type="{text(widget["type"])}" name="{text(widget["name"])}"{value}{attributes(widget["attrs"])}>'


def _textarea(widget: Widget) -> str:
    value = text(widget["value"]) if widget["value"] else ""
    # The line's end after the tag is swallowed by browsers; without it, one of the text would be.
    return f'<textarea name="{text(widget["name"])}"{attributes(widget["attrs"])}>\n{value}</textarea>'


def _option(option: Widget) -> str:
    return f'<option value="{text(option["value"])}"{attributes(option["attrs"])}>{text(option["label"])}</option>'


def _select(widget: Widget) -> str:
    parts = [f'<select name="{text(widget["name"])}"{attributes(widget["attrs"])}>']
    for name, options, _index in widget["optgroups"]:
        shown = [_option(option) for option in options]
        parts += [f'<optgroup label="{text(name)}">', *shown, "</optgroup>"] if name else shown
    return "\n".join([*parts, "</select>"])


def _box(option: Widget) -> str:
    box = _input(option)
    if option["wrap_label"]:
        tied = f' for="{text(option["attrs"]["id"])}"' if option["attrs"].get("id") else ""
        box = f"<label{tied}>{box} {text(option['label'])}</label>"
    return f"<div>{box}</div>"


def _boxes(widget: Widget) -> str:
    given = {name: widget["attrs"][name] for name in ("id", "class") if widget["attrs"].get(name)}
    parts = [f"<div{attributes(given)}>"]
    for name, options, _index in widget["optgroups"]:
        shown = [_box(option) for option in options]
        parts += [f"<div><label>{text(name)}</label>", *shown, "</div>"] if name else shown
    return "\n".join([*parts, "</div>"])


_INPUTS = ("input", "text", "number", "email", "password", "hidden", "date", "datetime", "time", "file", "checkbox")
_PLACE = "django/forms/widgets/%s.html"
WRITERS: dict[str, Callable[[Widget], str]] = {
    **{_PLACE % name: _input for name in _INPUTS},
    _PLACE % "textarea": _textarea,
    _PLACE % "select": _select,
    _PLACE % "checkbox_select": _boxes,
    _PLACE % "radio": _boxes,
}


class WidgetRenderer(DjangoTemplates):
    """Django's renderer, with functions in place of the templates that pages use most; the rest stays a template."""

    def render(self, template_name: str, context: dict[str, Any], request: HttpRequest | None = None) -> str:
        """The widget of this template."""
        write = WRITERS.get(template_name)
        return SafeString(write(context["widget"])) if write else super().render(template_name, context, request)
