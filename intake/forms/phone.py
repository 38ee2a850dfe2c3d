"""What a coordinator confirms before the first question of a call."""

from django import forms


class BeginCallForm(forms.Form):
    """The family's yes to the notice, which was read aloud: without it no draft begins."""

    use_required_attribute = False
    is_interpreted = forms.BooleanField(label="An interpreter put it into their language", required=False)
    agreed = forms.BooleanField(
        label="I read it aloud and they agreed",
        help_text="You are the witness of their yes: your account, the language and the time are kept.",
        error_messages={"required": "Read it to them and hear their yes, then tick this. Without it nothing is asked."},
    )
