"""Segments are counted as carriers bill them: the vectors that Twilio publishes for its calculator, and the edges."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.segments import GSM_7, UCS_2, Size, size_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Yog xav tau kev pab, hu 612-673-2800", Size(GSM_7, 36, 1)),
        ("Tiene una actualización. Llame al 612-555-0100.", Size(UCS_2, 47, 1)),
        ("Tiene una actualizacion. Llame al 612-555-0100.", Size(GSM_7, 47, 1)),
        ("", Size(GSM_7, 0, 1)),
        ("a" * 160, Size(GSM_7, 160, 1)),
        ("a" * 161, Size(GSM_7, 161, 2)),
        ("a" * 306, Size(GSM_7, 306, 2)),
        ("a" * 307, Size(GSM_7, 307, 3)),
        ("á" * 70, Size(UCS_2, 70, 1)),
        ("á" * 71, Size(UCS_2, 71, 2)),
        ("á" * 134, Size(UCS_2, 134, 2)),
        ("á" * 135, Size(UCS_2, 135, 3)),
        ("😀" * 35, Size(UCS_2, 70, 1)),
        ("😀" * 36, Size(UCS_2, 72, 2)),
        ("a" * 152 + "’", Size(UCS_2, 153, 3)),
        ("€" * 80, Size(GSM_7, 160, 1)),
        ("€" * 81, Size(GSM_7, 162, 2)),
        ("a" * 152 + "€" * 5, Size(GSM_7, 162, 2)),
        ("é" * 160, Size(GSM_7, 160, 1)),
        # A character of two units is not cut in half: 152 + 2 leave one septet of the first segment empty.
        ("a" * 152 + "€" + "a" * 152, Size(GSM_7, 306, 3)),
        ("á" * 66 + "😀" + "á" * 66, Size(UCS_2, 134, 3)),
    ],
)
def test_segments_are_counted_as_carriers_bill_them(text: str, expected: Size) -> None:
    assert size_of(text) == expected


@pytest.mark.parametrize("character", "éñü¿¡àìòùÇÑÉ")
def test_these_spanish_letters_are_in_the_alphabet(character: str) -> None:
    assert size_of(character).encoding == GSM_7


@pytest.mark.parametrize("character", "áíóúÁÍÓÚ’“”–")
def test_these_are_not(character: str) -> None:
    assert size_of(character).encoding == UCS_2


@given(st.text(max_size=400))
def test_more_text_never_takes_fewer_segments(text: str) -> None:
    assert size_of(text + "a").segments >= size_of(text).segments
    assert size_of(text).units >= len(text)
