"""The words of a text before it goes out, to be changed or left: one field for each language it goes out in."""

import unicodedata
from typing import Any

from django import forms

from notifications.texts import faults
from referrals.languages import language_name
from referrals.preview import Preview

# Longer ones cannot be two segments in any encoding.
MOST_CHARACTERS = 320


class WordsForm(forms.Form):
    """Fields named by language; `words` has what was typed, in one line each."""

    def __init__(self, posted: Any = None, *, preview: Preview) -> None:
        super().__init__(posted, prefix="words")
        for wording in preview.wordings:
            self.fields[wording.language] = forms.CharField(
                label=f"The text in {language_name(wording.language)}",
                initial=wording.words,
                # An older page, or a program, that sends no words leaves them as they are.
                required=False,
                max_length=MOST_CHARACTERS,
                widget=forms.Textarea(attrs={"rows": 4, "lang": wording.language}),
                help_text="Leave it as it is, or change it. Nothing that a stranger should not read; two texts long"
                " at most. Both versions are sealed.",
            )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        for language, text in list(cleaned.items()):
            for fault in faults(_in_a_line(text)):
                self.add_error(language, fault)
        return cleaned

    @property
    def words(self) -> dict[str, str]:
        """By language; without those that were sent empty."""
        typed = {language: _in_a_line(text) for language, text in self.cleaned_data.items()}
        return {language: text for language, text in typed.items() if text}


def _in_a_line(text: str) -> str:
    """Without line breaks, and without the invisible signs that come along when words are copied out of a document:
    one of them doubles what a text costs, and nothing but them is no text."""
    return " ".join("".join(one for one in text if unicodedata.category(one) != "Cf").split())
