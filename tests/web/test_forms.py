"""How fields are drawn: what a screen reader hears, in the right order, for each kind of control."""

import re
from datetime import date

import pytest
from django import forms
from django.template import Context, Template
from django.template.loader import render_to_string

from web.forms import DayField


class Everything(forms.Form):
    """One field of each kind."""

    where = forms.ChoiceField(
        label="Where?", help_text="If you know.", widget=forms.RadioSelect, choices=[("a", "Here"), ("b", "There")]
    )
    may = forms.MultipleChoiceField(widget=forms.CheckboxSelectMultiple, choices=[("t", "Text"), ("c", "Call")])
    name = forms.CharField(label="Name", widget=forms.TextInput({"class": "usa-input--md"}))
    language = forms.ChoiceField(choices=[("en", "English")])
    more = forms.CharField(widget=forms.Textarea, required=False)
    sure = forms.BooleanField(label="I am sure", help_text="Really.")
    born = DayField(label="Birthday", required=False)
    token = forms.CharField(widget=forms.HiddenInput, required=False)


def drawn(form: forms.Form) -> str:
    return Template("{% for field in form %}{{ field.as_field_group }}{% endfor %}").render(Context({"form": form}))


def test_a_question_with_choices_is_a_fieldset_with_its_question_as_legend() -> None:
    page = drawn(Everything())

    assert re.search(
        r'<fieldset class="usa-fieldset" aria-describedby="id_where_helptext">\s*<legend[^>]*>Where\?', page
    )
    assert 'class="usa-radio__input usa-radio__input--tile" type="radio" name="where" value="a"' in page
    assert '<label class="usa-radio__label" for="id_where_0">Here</label>' in page
    assert '<label class="usa-checkbox__label" for="id_may_1">Call</label>' in page


@pytest.mark.parametrize(
    ("control", "css"),
    [
        ("id_name", "usa-input usa-input--md"),
        ("id_language", "usa-select"),
        ("id_more", "usa-textarea"),
        ("id_sure", "usa-checkbox__input usa-checkbox__input--tile"),
    ],
)
def test_every_control_has_its_label_and_its_class(control: str, css: str) -> None:
    page = drawn(Everything())

    assert f'for="{control}"' in page
    tag = next(tag for tag in re.findall(r"<(?:input|select|textarea)[^>]*>", page) if f'id="{control}"' in tag)
    assert f'class="{css}"' in tag


def test_a_hidden_field_has_no_label() -> None:
    assert 'for="id_token"' not in drawn(Everything())


def test_errors_are_told_beside_the_field_and_by_the_control() -> None:
    form = Everything({"where": "nowhere"})

    page = drawn(form)

    for name in ("where", "may", "name", "sure"):
        assert f'id="id_{name}_error"' in page
    assert 'aria-describedby="id_where_helptext id_where_error"' in page
    assert re.search(r'<input[^>]*name="name"[^>]*aria-invalid="true"[^>]*aria-describedby="id_name_error"', page)


def test_the_error_summary_leads_to_every_wrong_field_and_takes_the_focus() -> None:
    form = Everything({})

    page = render_to_string("web/forms/error_summary.html", {"form": form})
    targets = re.findall(r'href="#([^"]+)"', page)

    assert 'tabindex="-1" autofocus' in page
    assert targets == ["id_where_0", "id_may_0", "id_name", "id_language", "id_sure"]
    fields = drawn(form)
    assert all(f'id="{target}"' in fields for target in targets)


def test_without_errors_there_is_no_summary() -> None:
    assert "error-summary" not in render_to_string("web/forms/error_summary.html", {"form": Everything()})


def test_what_was_typed_is_shown_again_and_never_becomes_markup() -> None:
    page = drawn(Everything({"name": '"><script>alert(1)</script>', "born_0": "13", "born_1": "40", "born_2": "2001"}))

    assert "<script>" not in page
    assert 'value="&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"' in page
    assert 'name="born_1" value="40"' in page


class Birthday(forms.Form):
    """The one field of three boxes."""

    born = DayField(required=False)


@pytest.mark.parametrize(
    ("typed", "day"),
    [(("5", "28", "2001"), date(2001, 5, 28)), ((" 05 ", "8", "1999"), date(1999, 5, 8)), (("", "", ""), None)],
)
def test_a_day_is_read_as_month_day_and_year(typed: tuple[str, str, str], day: date | None) -> None:
    form = Birthday({f"born_{place}": part for place, part in enumerate(typed)})

    assert form.is_valid()
    assert form.cleaned_data["born"] == day


@pytest.mark.parametrize(
    "typed",
    [
        ("2", "30", "2001"),
        ("13", "1", "2001"),
        ("5", "28", "01"),
        ("five", "28", "2001"),
        ("5", "", "2001"),
        ("0", "1", "2001"),
        ("-1", "1", "2001"),
        ("٥x", "1", "2001"),
        ("5", "1", "20001"),
    ],
)
def test_a_day_that_cannot_be_is_refused_and_kept_on_the_page(typed: tuple[str, str, str]) -> None:
    form = Birthday({f"born_{place}": part for place, part in enumerate(typed)})

    assert not form.is_valid()
    page = drawn(form)
    assert all(f'name="born_{place}"' in page for place in range(3))
    assert 'id="id_born_error"' in page


def test_a_stored_day_fills_the_three_boxes() -> None:
    page = drawn(Birthday(initial={"born": "2001-05-28"}))

    assert re.findall(r'name="born_\d" value="(\d+)"', page) == ["5", "28", "2001"]
