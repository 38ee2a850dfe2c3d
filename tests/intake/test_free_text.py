"""A few words of one's own: short, and numbers that do not belong there are warned about once."""

import pytest
from django import forms
from django.utils.datastructures import MultiValueDict
from django.utils.translation import override

from intake.forms.fields import FreeText
from web.free_text import A_NUMBER, PHONE, SOCIAL_SECURITY, looks_like, mark_of


class WishForm(forms.Form):
    """What a page with such a text looks like."""

    wish = FreeText(label="Anything else?", required=False)


def sent(text: str, seen: str | None = "") -> WishForm:
    """The form as a page posts it; `seen` None: as a draft keeps it."""
    fields = {"wish": [text]} | ({} if seen is None else {"wish-seen": [seen]})
    return WishForm(MultiValueDict(fields))


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        ("His number is A000 123 456", A_NUMBER),
        ("a000123456", A_NUMBER),
        ("A# 00-123-456", A_NUMBER),
        ("A-000-123-456.", A_NUMBER),
        ("A０００１２３４５６", A_NUMBER),
        ("SSN 000-12-3456", SOCIAL_SECURITY),
        ("000 12 3456", SOCIAL_SECURITY),
        ("000123456", SOCIAL_SECURITY),
        ("call 612-555-0123", PHONE),
        ("(612) 555 0123", PHONE),
        ("6125550123", PHONE),
        ("+52 55 5555 0123", PHONE),
        ("555-0123", PHONE),
        ("٦١٢-٥٥٥-٠١٢٣", PHONE),
    ],
)
def test_a_number_that_does_not_belong_there_is_warned_about(text: str, warning: str) -> None:
    assert looks_like(text) == warning
    form = sent(text)
    assert form.errors["wish"] == [str(warning)]
    assert mark_of(text) in str(form["wish"])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Please speak Mixteco with her.",
        "Court on 11/20/2026 at 10 am",
        "on 2026-11-20",
        "He has 3 children and 2 jobs since 2019",
        "Room 1850, ZIP 55407-1234",
        "A 4 year old and a 12 year old",
        "bond of $1,500 or $10,000",
    ],
)
def test_other_numbers_pass_without_a_word(text: str) -> None:
    assert not looks_like(text)
    assert sent(text).is_valid()


def test_the_same_text_sent_again_is_taken_as_it_is() -> None:
    text = "Call my sister,  612-555-0123"
    first = sent(text)
    assert not first.is_valid()

    second = sent(text, mark_of(text))

    assert second.is_valid()
    assert second.cleaned_data["wish"] == "Call my sister, 612-555-0123"


def test_another_text_is_warned_about_anew() -> None:
    assert not sent("Call 612-555-0124", mark_of("Call 612-555-0123")).is_valid()


def test_a_kept_answer_is_not_warned_about_again() -> None:
    assert sent("Call 612-555-0123", seen=None).is_valid()


def test_the_mark_does_not_show_the_text() -> None:
    assert "0123" not in str(sent("x", mark_of("x"))["wish"]).replace("0123456789", "")
    assert mark_of("a") != mark_of("b")


@pytest.mark.parametrize(("length", "fits"), [(280, True), (281, False)])
def test_a_text_has_at_most_280_characters(length: int, fits: bool) -> None:
    form = sent("ñ" * length)

    assert form.is_valid() is fits
    assert 'maxlength="280"' in str(form["wish"])


def test_the_warning_is_in_the_familys_language() -> None:
    with override("es"):
        assert "número de teléfono" in sent("612-555-0123").errors["wish"][0]


def test_what_was_typed_is_shown_again_and_escaped() -> None:
    shown = str(sent("<b>612-555-0123</b>")["wish"])

    assert "&lt;b&gt;612-555-0123&lt;/b&gt;" in shown
    assert "<b>" not in shown
