"""Controls written without templates say what Django's own templates say."""

from html.parser import HTMLParser

import pytest
from django import forms
from django.forms.renderers import TemplatesSetting
from hypothesis import given
from hypothesis import strategies as st

from servicedesk.field_html import Renderer, form_field

NASTY = st.text(alphabet="a\"'<>&\n ü", max_size=12)


class Sample(forms.Form):
    text = forms.CharField(widget=forms.TextInput(attrs={"data-x": "<&\"'", "disabled": True, "hidden": False}))
    long = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), help_text="More & better", required=False)
    number = forms.IntegerField(min_value=1, max_value=5, required=False)
    day = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}), required=False)
    ticked = forms.BooleanField(required=False)
    secret = forms.CharField(widget=forms.HiddenInput, required=False)
    one = forms.ChoiceField(choices=[("", "—"), ("Group <1>", [("a", "A & a"), ("b", '"B"')]), ("c", "C")])


class Read(HTMLParser):
    """What a browser gets: tags with their attributes in any order, and the text between them."""

    def __init__(self, html):
        super().__init__()
        self.found = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, sorted((name, value or "") for name, value in attrs)))

    def handle_data(self, data):
        if data.strip():
            self.found.append(data if "area" in str(self.found[-1]) else data.strip())


@given(text=NASTY, choice=st.sampled_from(["", "a", "b", "c", "<x>"]), bound=st.booleans())
def test_the_same_control_as_djangos_template(text, choice, bound):
    values = {"text": text, "long": text, "secret": text, "one": choice, "ticked": "on" if text else "", "number": text}
    kwargs = {"data": values} if bound else {"initial": values}
    ours, theirs = Sample(renderer=Renderer(), **kwargs), Sample(renderer=TemplatesSetting(), **kwargs)
    for name in ours.fields:
        assert Read(ours[name].as_widget()).found == Read(theirs[name].as_widget()).found


@pytest.mark.parametrize("widget", [forms.RadioSelect, forms.CheckboxSelectMultiple])
def test_choices_keep_their_labels_values_and_errors(widget):
    class Choices(forms.Form):
        pick = forms.MultipleChoiceField(
            label="Pick <b>", choices=[("a", "A & <a>"), ("b", "B")], widget=widget, help_text="Some"
        )

    html = form_field(Choices({"pick": ["nothing"]})["pick"])
    assert "<legend>Pick &lt;b&gt;</legend>" in html
    assert "A &amp; &lt;a&gt;" in html
    assert 'value="a"' in html
    assert 'aria-invalid="true"' in html
    assert "nothing is not one of the available choices" in html
