"""What is asked about articles."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from servicedesk.desk.forms import PersonField
from servicedesk.fields import PlainText
from servicedesk.people.models import Organisation
from servicedesk.tickets.forms import FieldErrors, FilesField

from .languages import CHOICES
from .models import Article, Audience, Category
from .operations import ABOUT


class ArticleField(forms.CharField):
    """An article by its number; empty for none."""

    def clean(self, value: Any) -> Article | None:
        text = super().clean(value).strip().upper()
        if not text:
            return None
        found = Article.objects.filter(number=text[:20]).first()
        if found is None:
            raise forms.ValidationError(_("There is no article with this number."))
        return found


class ArticleForm(FieldErrors):
    """Writing an article, and everything about it."""

    title = PlainText(
        label=_("Title"), max_length=200, help_text=_("As somebody would ask: “The VPN does not connect”.")
    )
    summary = PlainText(
        label=_("In one or two sentences"), max_length=300, required=False, help_text=_("What lists and searches show.")
    )
    body = forms.CharField(
        label=_("Text"), max_length=100_000, widget=forms.Textarea(attrs={"rows": 18}),
        help_text=_("Markdown. Another article: [words](KB-1001). Pictures: drop or paste them here."),
    )  # fmt: skip
    files = FilesField(label=_("Pictures"), required=False, help_text=_("Added at the end of the text."))  # type: ignore[assignment]
    keywords = PlainText(
        label=_("Other words for it"), max_length=300, required=False,
        help_text=_("What people call it who do not know its name."),
    )  # fmt: skip
    category = forms.ModelChoiceField(
        label=_("Category"), queryset=Category.objects.filter(is_active=True), required=False
    )
    tags = PlainText(label=_("Tags"), required=False, max_length=400, help_text=_("With commas between them."))
    audience = forms.ChoiceField(label=_("Who reads it"), choices=Audience.choices, initial=Audience.CUSTOMERS)
    organisations = forms.ModelMultipleChoiceField(
        label=_("Organisations"), queryset=Organisation.objects.all(), required=False
    )
    language = forms.ChoiceField(label=_("Language"), choices=CHOICES)
    translation_of = ArticleField(
        label=_("Translation of"), required=False, max_length=20, help_text=_("A number: KB-1001.")
    )
    owner = PersonField(label=_("Owner"), agents=True, required=False)
    review_on = forms.DateField(
        label=_("Look at it again on"), required=False, widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("The owner is reminded."),
    )  # fmt: skip
    note = PlainText(label=_("What changed"), max_length=200, required=False)
    base = forms.IntegerField(required=False, min_value=1, max_value=1_000_000, widget=forms.HiddenInput)

    seen = forms.JSONField(required=False, widget=forms.HiddenInput)

    def shown(self) -> dict[str, list[str]]:
        """What stands about the article as it was shown, to know later what somebody touched."""
        values = {name: self.initial.get(name) for name in ABOUT}
        return {name: sorted(self._words(value)) for name, value in values.items()}

    @staticmethod
    def _words(value: Any) -> list[str]:
        many = value if isinstance(value, list | tuple) else [value]
        return [str(getattr(one, "pk", one)) for one in many if one not in (None, "")]

    def touched(self) -> dict[str, Any]:
        """The values to save: of what stands about the article only what differs from what was shown.

        What somebody else set meanwhile stays so.
        """
        values = dict(self.cleaned_data)
        seen = values.pop("seen") or {}
        for name in ABOUT:
            sent = sorted(word for word in self.data.getlist(name) if word)  # type: ignore[attr-defined]
            if isinstance(seen, dict) and seen.get(name) == sent:
                values.pop(name)
        return values

    def clean_tags(self) -> list[str]:
        return [part.strip() for part in self.cleaned_data["tags"].split(",") if part.strip()]


class FeedbackForm(forms.Form):
    """Helped or not."""

    helped = forms.TypedChoiceField(choices=[("yes", _("Yes")), ("no", _("No"))], coerce=lambda value: value == "yes")
    comment = forms.CharField(
        label=_("What is missing?"), max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )


class ReasonForm(FieldErrors):
    """Why it is sent back."""

    reason = forms.CharField(label=_("What is missing"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}))


class RetireForm(FieldErrors):
    """Why it is retired, and where its readers go."""

    reason = forms.CharField(label=_("Why"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}))
    replaced_by = ArticleField(
        label=_("Readers go to"), required=False, max_length=20, help_text=_("A number: KB-1001.")
    )
