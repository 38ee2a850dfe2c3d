"""The pick-list of papers, each with a small drawing of what it looks like and where its form number stands."""

from dataclasses import dataclass
from typing import Any

from django import forms

from referrals.facts import Paper


@dataclass(frozen=True, slots=True)
class Drawing:
    """What one sees at a glance: the number printed in a corner, a seal or a photo, a bold title, a date box."""

    number: str = ""
    title: str = ""
    has_seal: bool = False
    has_photo: bool = False
    has_date: bool = False


# After the public blank forms of DHS and EOIR: the words are printed on them in English, so they are not translated.
DRAWINGS: dict[str, Drawing] = {
    Paper.NOTICE_TO_APPEAR: Drawing("I-862", "NOTICE TO APPEAR", has_seal=True, has_date=True),
    Paper.HEARING_NOTICE: Drawing("", "NOTICE OF HEARING", has_date=True),
    Paper.EXPEDITED: Drawing("I-860", "EXPEDITED REMOVAL", has_seal=True),
    Paper.REINSTATEMENT: Drawing("I-871", "PRIOR ORDER", has_seal=True),
    Paper.ADMINISTRATIVE: Drawing("I-851", "NOTICE OF INTENT", has_seal=True),
    Paper.FINAL_ORDER: Drawing("I-205", "WARRANT OF REMOVAL", has_photo=True),
    Paper.CUSTODY: Drawing("I-286", "CUSTODY", has_seal=True),
    Paper.REFUGEE_LETTER: Drawing("", "INTERVIEW", has_seal=True, has_date=True),
}


class PaperPictures(forms.CheckboxSelectMultiple):
    """Checkboxes whose labels carry the paper's drawing."""

    def create_option(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option: dict[str, Any] = super().create_option(*args, **kwargs)
        option["drawing"] = DRAWINGS.get(str(option["value"]))
        return option
