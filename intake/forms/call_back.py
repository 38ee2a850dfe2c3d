"""What a coordinator writes at the call-back desk."""

from django import forms
from django.core.exceptions import ValidationError

from referrals.models import CallOutcome
from web.phone_numbers import e164


class OwnPhoneForm(forms.Form):
    """The coordinator's own phone, which rings before the family's."""

    use_required_attribute = False
    phone = forms.CharField(
        label="Your own phone",
        help_text="It rings first. The family sees our number, and you never see theirs. Pages at night go there, too.",
        max_length=30,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off", "class": "usa-input"}),
        error_messages={"required": "Write the number of a phone that you answer."},
    )

    def clean_phone(self) -> str:
        phone = e164(self.cleaned_data["phone"])
        if not phone:
            raise ValidationError(
                "This is no phone number: write ten digits without an extension, such as 612-555-0100."
            )
        return phone


class AttemptForm(forms.Form):
    """What became of a try."""

    use_required_attribute = False
    outcome = forms.ChoiceField(
        label="What happened?",
        choices=CallOutcome.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Say what happened: the next try depends on it."},
    )
