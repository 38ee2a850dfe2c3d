"""Forms that take vault passphrases and recovery keys. None of them gives a passphrase back to the page."""

import unicodedata
from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from accounts.models import User
from privacy import recovery_key

LONGEST = 200
# Django's validators speak of passwords; here the two must not be confused.
_SENTENCES = {
    "password_too_short": "Too short: at least 15 characters, for example five or six words that tell no story.",
    "password_too_common": "Too common: it is on lists that guessers try first.",
    "password_too_similar": "Too similar to your name or address.",
}


class PassphraseField(forms.CharField):
    """A passphrase as it was typed, in one Unicode form: two keyboards may write the same letter differently."""

    def __init__(self, *, label: str, help_text: str = "") -> None:
        # Not for a password manager's "password of this site": that is the account's.
        widget = forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"})
        super().__init__(label=label, help_text=help_text, max_length=LONGEST, strip=False, widget=widget)

    def to_python(self, value: Any) -> str:
        return unicodedata.normalize("NFC", super().to_python(value) or "")


class RecoveryKeyField(forms.CharField):
    """A recovery key copied from paper; says which group differs from what was printed."""

    def __init__(self) -> None:
        attrs = {"rows": 2, "autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        super().__init__(
            label="Recovery key",
            help_text="Eight groups of five letters and digits. Spaces, hyphens and small letters do not matter.",
            max_length=LONGEST,
            widget=forms.Textarea(attrs=attrs),
        )

    def clean(self, value: Any) -> str:
        typed = super().clean(value)
        try:
            return recovery_key.parse(typed)
        except recovery_key.WrongGroups as wrong:
            raise ValidationError(_what_is_wrong(wrong.groups), code="wrong_groups") from None
        except recovery_key.WrongLength as wrong:
            raise ValidationError(
                f"The key has 40 letters and digits in eight groups; here are {wrong.found}.", code="wrong_length"
            ) from None


class UnlockForm(forms.Form):
    """The passphrase that opens the vault."""

    passphrase = PassphraseField(label="Vault passphrase", help_text="Not your account's password.")


class NewPassphraseForm(forms.Form):
    """A new vault passphrase, typed twice: long, not common, not the account's password."""

    passphrase = PassphraseField(
        label="New vault passphrase",
        help_text="At least 15 characters: five or six words are good. Not your account's password. "
        "Nobody can read or reset it, so write it down and keep it away from this computer.",
    )
    again = PassphraseField(label="The same once more")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_passphrase(self) -> str:
        passphrase: str = self.cleaned_data["passphrase"]
        try:
            validate_password(passphrase, user=self.user)
        except ValidationError as error:
            raise ValidationError(
                [_SENTENCES.get(str(one.code), one.messages[0]) for one in error.error_list]
            ) from None
        if self.user.check_password(passphrase):
            raise ValidationError("This is your account's password: whoever learns it must not have the vault too.")
        return passphrase

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if "passphrase" in given and "again" in given and given["passphrase"] != given["again"]:
            self.add_error("again", "The two are not the same.")
        return given


class ChangePassphraseForm(NewPassphraseForm):
    """A new passphrase from somebody who shows that they know the present one."""

    present = PassphraseField(label="Present vault passphrase")
    field_order = ("present", "passphrase", "again")


class StartAgainForm(NewPassphraseForm):
    """A new passphrase instead of a lost one, at the price of waiting for a colleague."""

    has_lost_it = forms.BooleanField(
        label="I have lost my passphrase, and I wait until a colleague has let me in again",
        error_messages={"required": "Tick the box: until a colleague lets you in again you cannot open files."},
    )
    field_order = ("has_lost_it", "passphrase", "again")


class RecoverForm(NewPassphraseForm):
    """The printed recovery key, and the passphrase to use from now on."""

    printed = RecoveryKeyField()
    field_order = ("printed", "passphrase", "again")


class KeptForm(forms.Form):
    """That the recovery key just shown is written down."""

    is_kept = forms.BooleanField(label="I have written it down, or printed it")


def _what_is_wrong(groups: tuple[int, ...]) -> str:
    if len(groups) == 1:
        return f"Group {groups[0]} is not as it was printed: compare it with the paper, letter by letter."
    named = f"{', '.join(map(str, groups[:-1]))} and {groups[-1]}"
    return f"Groups {named} are not as they were printed: compare them with the paper, also their order."
