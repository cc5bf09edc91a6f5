"""A form's field in a page: label, help, errors, control. Written without templates: an order form has dozens."""

from __future__ import annotations

from typing import Any

from django import template
from django.forms import CheckboxInput
from django.forms.renderers import TemplatesSetting
from django.forms.utils import flatatt
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

register = template.Library()


def _input(widget: dict[str, Any]) -> SafeString:
    value = {} if widget["value"] is None else {"value": str(widget["value"])}
    return format_html(
        "<input{}>", flatatt({"type": widget["type"], "name": widget["name"], **value, **widget["attrs"]})
    )


def _textarea(widget: dict[str, Any]) -> SafeString:
    # A browser drops the first line break, so one stands before a text that may begin with its own.
    attrs = flatatt({"name": widget["name"], **widget["attrs"]})
    return format_html("<textarea{}>\n{}</textarea>", attrs, widget["value"] or "")


def _select(widget: dict[str, Any]) -> SafeString:
    parts = []
    for group, options, _index in widget["optgroups"]:
        lines = format_html_join(
            "", "<option{}>{}</option>", ((flatatt({"value": str(o["value"]), **o["attrs"]}), o["label"]) for o in options)
        )  # fmt: skip
        parts.append(format_html('<optgroup label="{}">{}</optgroup>', group, lines) if group else lines)
    attrs = flatatt({"name": widget["name"], **widget["attrs"]})
    return format_html("<select{}>{}</select>", attrs, mark_safe("".join(parts)))  # noqa: S308 (each is escaped)


_WRITTEN = {
    **dict.fromkeys(("text", "hidden", "date", "number", "email", "password", "url", "checkbox"), _input),
    "textarea": _textarea, "select": _select,
}  # fmt: skip
_WRITERS = {f"django/forms/widgets/{name}.html": write for name, write in _WRITTEN.items()}


class Renderer(TemplatesSetting):
    """Django's renderer of forms, with its plainest controls written here: the same HTML, ten times as fast."""

    def render(self, template_name: str, context: dict[str, Any], request: Any = None) -> str:
        write = _WRITERS.get(template_name)
        return write(context["widget"]) if write else super().render(template_name, context, request)


def _option(choice: Any) -> SafeString:
    """A radio button or a checkbox with its label."""
    data = choice.data
    attrs = {"type": data["type"], "name": data["name"], "value": str(data["value"]), **data["attrs"]}
    return format_html(
        '<label for="{}"><input{}>{}</label>', choice.id_for_label, flatatt(attrs), data["label"]
    )  # fmt: skip


def _help(field: Any) -> SafeString | str:
    if not field.help_text:
        return ""
    return format_html('<p class="help" id="{}_helptext">{}</p>', field.auto_id, field.help_text)


@register.simple_tag
def field_errors(field: Any) -> SafeString | str:
    """What is wrong with a bound field, as a list that the control names by ``aria-describedby``."""
    if not field.errors:
        return ""
    lines = format_html_join("", "<li>{}</li>", ((error,) for error in field.errors))
    return format_html('<ul class="errors" id="{}_error">{}</ul>', field.auto_id, lines)


@register.simple_tag
def form_field(field: Any) -> SafeString:
    """A bound field."""
    if field.use_fieldset:
        choices = mark_safe("".join(_option(choice) for choice in field.subwidgets))  # noqa: S308 (each is escaped)
        invalid = mark_safe(' aria-invalid="true"') if field.errors else ""
        return format_html(
            '<fieldset class="field"{} id="field-{}" tabindex="-1"><legend>{}</legend>{}{}<div class="choices">{}</div></fieldset>',
            invalid, field.html_name, field.label, _help(field), field_errors(field), choices,
        )  # fmt: skip
    if isinstance(field.field.widget, CheckboxInput):
        return format_html(
            '<div class="field tick" id="field-{}"><label for="{}">{}{}</label>{}{}</div>',
            field.html_name, field.id_for_label, field.as_widget(), field.label, _help(field), field_errors(field),
        )  # fmt: skip
    note = "" if field.field.required else format_html(' <span class="muted">{}</span>', _("(optional)"))
    return format_html(
        '<div class="field" id="field-{}"><label for="{}">{}{}</label>{}{}{}</div>',
        field.html_name, field.id_for_label, conditional_escape(field.label), note, _help(field), field_errors(field),
        field.as_widget(),
    )  # fmt: skip
