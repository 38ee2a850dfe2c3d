"""The return code, as a family types it."""

from django import forms
from django.utils.translation import gettext_lazy as _


class CodeForm(forms.Form):
    """Only that something was typed is checked here: what is wrong with a code is never said."""

    use_required_attribute = False
    code = forms.Field(
        label=_("Your code"),
        help_text=_("The 13 numbers you wrote down. Spaces do not matter."),
        error_messages={"required": _("Please write your code.")},
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "autocomplete": "off", "maxlength": "100", "class": "usa-input--lg"}
        ),
    )
