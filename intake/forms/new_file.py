"""What a family tells a coordinator again, when nothing of what they told before can be read."""

from copy import deepcopy
from typing import Any

from django import forms
from django.conf import settings

from intake.forms.family import MUST_NOT_KNOW
from intake.forms.family.happened import OLDEST
from intake.forms.fields import ANumber, Day, OneOf, Phone, PlainText
from intake.forms.staff import AnswersForm
from intake.questions import PAGES
from privacy.models import DocumentKind

YES_NO = [("yes", "Yes"), ("no", "No")]


class NewFileForm(AnswersForm):
    """Contact, person and deciding answers on one page, in the order of a call."""

    field_order = (
        "notice_read",
        "caller_name",
        "phone",
        "shared",
        "code_word",
        "may_text",
        "may_call",
        "hours",
        "text_language",
        "names",
        "other_names",
        "birth_day",
        "country",
        "a_number",
    )
    # There are no earlier answers to correct.
    version = None  # type: ignore[assignment]

    notice_read = forms.BooleanField(
        label="I read the notice to them, and they agreed",
        help_text="Before the first question: what we ask for, why, and who may see it.",
        error_messages={"required": "Read the notice to them first, then tick this."},
    )
    caller_name = PlainText(label="Name to use", limit=80, error_messages={"required": "Write the name to use."})
    phone = Phone(
        label="Safe phone number", error_messages={"required": "Write a phone number that is safe to reach them."}
    )
    shared = OneOf(
        label="Who else sees or answers this phone?",
        choices=[
            ("nobody", "Nobody"),
            ("trusted", "Someone they trust"),
            (MUST_NOT_KNOW, "Someone who must not know: no texts are sent"),
        ],
    )
    code_word = PlainText(
        label="Code word for our calls",
        help_text="They choose it, and say it when we call. May stay empty.",
        limit=40,
        required=False,
    )
    may_text = OneOf(label="May we text?", choices=YES_NO)
    may_call = OneOf(label="May we call?", choices=YES_NO)
    hours = OneOf(label="When?", choices=[("any", "At any hour"), ("day", "Only by day, 8 am to 9 pm")])
    text_language = OneOf(label="Language of the texts", choices=settings.LANGUAGES)
    names = PlainText(label="Full name of the person who needs a lawyer", limit=200, required=False)
    other_names = PlainText(label="Other spellings of the name", limit=200, required=False)
    birth_day = Day(label="Born on", help_text="Such as 5/28/1990; empty if not known.", past=True, required=False)
    country = PlainText(label="Country of birth", limit=60, required=False)
    a_number = ANumber(label="A-number", help_text="Such as A000 123 456; empty if not known.", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        born: Any = self.fields["birth_day"]
        born.today, born.earliest, born.latest = self.today, self.today - OLDEST, self.today
        # What else the family's pages ask and no staff wording says better; on the phone each may stay open.
        for page in PAGES:
            for name, kind in page.feeds.items():
                if kind != DocumentKind.FACTS and name not in self.fields:
                    self.fields[name] = deepcopy(page.form.base_fields[name])
                    self.fields[name].required = False

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("shared") == MUST_NOT_KNOW:
            cleaned["may_text"] = "no"
        if cleaned.get("may_text") == "no" and cleaned.get("may_call") == "no":
            self.add_error("may_call", "There must be one way to reach them: a text or a call.")
        return cleaned
