"""The language, who asks, how to reach them safely, and what they agree to."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from intake.forms.family.base import DONT_KNOW, UNKNOWN, YES_OR_NO, QuestionForm, said
from intake.forms.fields import Email, OneOf, Phone, PlainText
from notifications.quiet_hours import ZONES

MUST_NOT_KNOW = "must_not_know"
OTHER_LANGUAGE = "other"


class LanguageForm(QuestionForm):
    spoken = OneOf(
        label=_("Which language do you speak best?"),
        help_text=_("When we call, we bring someone who speaks it. It costs nothing."),
        choices=[*settings.LANGUAGES, (OTHER_LANGUAGE, _("Another language"))],
    )
    other_language = PlainText(
        label=_("If another: which one?"),
        help_text=_("For example: Oromo, Karen, K'iche', Mam, Arabic, French."),
        limit=60,
        required=False,
    )
    reading = OneOf(
        label=_("Is it better if we write or if we talk?"),
        choices=[("write", _("Write to me")), ("talk", _("Talk to me")), (UNKNOWN, _("Both are fine"))],
        required=False,
    )

    def prepare(self) -> None:
        self.fields["spoken"].initial = get_language()

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        if cleaned.get("other_language"):
            # Typed without touching the answer above it, which was chosen before anybody looked.
            cleaned["spoken"] = OTHER_LANGUAGE
        return cleaned


class YouForm(QuestionForm):
    caller_name = PlainText(
        label=_("What should we call you?"),
        help_text=_("A first name is enough. It can be a name you choose."),
        limit=80,
        error_messages={"required": _("Please write a name. It can be any name you choose.")},
    )
    relation = OneOf(
        label=_("Who needs a lawyer?"),
        choices=[
            ("self", _("I do")),
            ("spouse", _("My husband, wife or partner")),
            ("child", _("My son or daughter")),
            ("parent", _("My mother or father")),
            ("relative", _("Another person in my family")),
            ("friend", _("A friend or neighbor")),
            ("helper", _("Someone I help at school, church, work or a consulate")),
        ],
        required=False,
    )


class ContactForm(QuestionForm):
    phone = Phone(
        label=_("What phone number is safe to reach you?"),
        error_messages={"required": _("Please write a phone number. Without a phone, please call us instead.")},
    )
    shared = OneOf(
        label=_("Who else sees or answers this phone?"),
        choices=[
            ("nobody", _("Nobody, only me")),
            ("trusted", _("Someone I trust")),
            (MUST_NOT_KNOW, _("Someone who must not know about this")),
        ],
    )
    # Said by the family, never by us: whoever picks up the phone could otherwise learn it, and then ask for a new code.
    code_word = PlainText(
        label=_("A code word for our calls"),
        help_text=_(
            "Any word you will remember. When we call, we ask for it, so that we know it is you."
            " You may leave it empty."
        ),
        limit=40,
        required=False,
    )


class ReachForm(QuestionForm):
    """How to reach them; a phone that someone sees who must not know gets no texts, so they are not offered."""

    may_text = OneOf(
        label=_("May we send you text messages?"),
        help_text=_("They are short and name nobody. Text STOP to end them at any time, and START to get them again."),
        choices=YES_OR_NO,
    )
    may_call = OneOf(label=_("May we call you?"), choices=YES_OR_NO)
    may_voicemail = OneOf(
        label=_("If you do not answer: may we leave a message?"),
        help_text=_("We only say that we called and our number."),
        choices=YES_OR_NO,
        required=False,
    )
    email = Email(
        label=_("An e-mail address for news, if you want"),
        help_text=_(
            "Only one that nobody else reads. We write there if you want no texts, or if a text does not arrive."
        ),
        required=False,
    )
    hours = OneOf(
        label=_("When may we text or call?"),
        choices=[("any", _("At any hour, day or night")), ("day", _("Only by day, 8 am to 9 pm"))],
    )
    clock = OneOf(
        label=_("Where is this phone?"),
        help_text=_("So that we know when it is day there. If you choose nothing, we go by Minnesota."),
        choices=[("", "—"), *((name, _(label)) for name, label in ZONES)],
        widget=forms.Select,
        required=False,
    )
    text_language = OneOf(label=_("In which language?"), choices=settings.LANGUAGES)

    def prepare(self) -> None:
        self.fields["text_language"].initial = get_language()
        if said(self.typed, "contact", "shared") == MUST_NOT_KNOW:
            del self.fields["may_text"]
            del self.fields["may_voicemail"]
            del self.fields["email"]
            self.note = _(
                "We will not text this phone or leave a message, because someone who must not know could see it."
            )

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        if "may_text" not in self.fields:
            cleaned |= {"may_text": "no", "may_voicemail": "no", "email": ""}
        if cleaned.get("may_call") == "no" and cleaned.get("may_text") == "no":
            self.add_error(
                "may_call",
                ValidationError(
                    _("We need one way to reach you: a text or a call. Please say yes to one, or call us instead."),
                    "no_way",
                ),
            )
        return cleaned


class ConsentForm(QuestionForm):
    """What only a yes allows. The notice before the first question said who sees what."""

    may_contact = OneOf(
        label=_("May we contact you about this request, the way you chose?"),
        choices=YES_OR_NO,
    )
    may_remind = OneOf(
        label=_("May we remind you of a date before it comes?"),
        help_text=_("The text says only a day, a time and our number."),
        choices=YES_OR_NO,
        required=False,
    )

    def clean_may_contact(self) -> str:
        answer = str(self.cleaned_data["may_contact"])
        if answer == "no":
            raise ValidationError(
                _("Without a yes we cannot tell you who will help. You can call us and ask everything first."),
                "refused",
            )
        return answer


class HeardForm(QuestionForm):
    heard = OneOf(
        label=_("How did you hear of us?"),
        choices=[
            ("family", _("Family or a friend")),
            ("group", _("A church, school or community group")),
            ("lawyer", _("A lawyer or another office")),
            ("news", _("Radio, newspaper or internet")),
            (UNKNOWN, DONT_KNOW),
        ],
        required=False,
    )
