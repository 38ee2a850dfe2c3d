"""What came before: arrival, orders, charges, harm; who cannot wait; a lawyer; what somebody who is free wants."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from intake.forms.family.base import DONT_KNOW, UNKNOWN, QuestionForm, yes_or_no
from intake.forms.fields import NONE_OF_THESE, FreeText, OneOf, PlainText, SomeOf
from referrals.facts import Decision, Entry, Harm, Need, PastOrder, Pending, TimeHere, Wish


class EntryForm(QuestionForm):
    entry = OneOf(
        label=_("When they came to the United States, did a visa or an officer let them in?"),
        help_text=_("This decides which court can help. Do not tell us how they came. You do not have to answer."),
        choices=[
            (Entry.ADMITTED, _("Yes, they had a visa or an officer let them in")),
            (Entry.UNINSPECTED, _("No")),
            (Entry.UNKNOWN, _("I don't know, or I do not want to say")),
        ],
        required=False,
    )
    time_here = OneOf(
        label=_("How long have they been here since they last came?"),
        choices=[
            (TimeHere.UNDER_1, _("Less than 1 year")),
            (TimeHere.UNDER_2, _("1 to 2 years")),
            (TimeHere.OVER_2, _("2 to 10 years")),
            (TimeHere.OVER_10, _("More than 10 years")),
            (TimeHere.UNKNOWN, DONT_KNOW),
        ],
        required=False,
    )
    claim = yes_or_no(
        _("Could they be a US citizen, or do they have a green card?"),
        _("Also if they were born here, or if their mother or father is a citizen."),
    )


class OrdersForm(QuestionForm):
    orders = SomeOf(
        label=_("Did one of these ever happen?"),
        help_text=_("Tick all that fit."),
        choices=[
            (PastOrder.NEVER_LEFT, _("A judge told them to leave, and they stayed")),
            (PastOrder.MISSED_COURT, _("They missed a date at the immigration court")),
            (PastOrder.CAME_BACK, _("They were deported before, and came back")),
            (NONE_OF_THESE, _("None of these")),
            (UNKNOWN, DONT_KNOW),
        ],
        required=False,
    )
    decision = OneOf(
        label=_("Did they get a decision in the last 30 days?"),
        choices=[
            (Decision.JUDGE, _("Yes, from an immigration judge")),
            (Decision.BOARD, _("Yes, from the appeals board (BIA)")),
            (Decision.NONE, _("No")),
            (Decision.UNKNOWN, DONT_KNOW),
        ],
        required=False,
    )


class CriminalForm(QuestionForm):
    criminal = yes_or_no(
        _("Is there a criminal case, now or in the past?"),
        _("We help people with and without one. Do not tell us what happened."),
    )


class HarmForm(QuestionForm):
    harm = SomeOf(
        label=_("Was your person hurt by one of these in the United States?"),
        help_text=_("Some of this opens a way to papers. Tick all that fit."),
        choices=[
            (Harm.CRIME, _("A crime")),
            (Harm.ABUSE, _("Abuse by a husband, wife, partner, parent or child")),
            (Harm.TRAFFICKING, _("Someone forced them to work or to have sex")),
            (NONE_OF_THESE, _("None of these")),
            (UNKNOWN, DONT_KNOW),
        ],
        required=False,
    )
    pending = SomeOf(
        label=_("Did they ask for one of these and wait for an answer?"),
        choices=[
            (Pending.VICTIM, _("A U visa, a T visa or VAWA")),
            (Pending.ASYLUM, _("Asylum")),
            (Pending.GREEN_CARD, _("A green card")),
            (NONE_OF_THESE, _("None of these")),
            (UNKNOWN, DONT_KNOW),
        ],
        required=False,
    )


class CareForm(QuestionForm):
    is_minor = yes_or_no(_("Is your person under 18 years old?"))
    has_parent = yes_or_no(_("If under 18: is a parent there with them now?"))
    needs = SomeOf(
        label=_("Does one of these fit your person?"),
        help_text=_("It can make a lawyer's work faster. Tick all that fit."),
        choices=[
            (Need.MEDICAL, _("They need medicine, are sick or have a disability")),
            (Need.PREGNANT, _("They are pregnant")),
            (Need.CAREGIVER, _("They alone take care of a child or a sick person")),
            (NONE_OF_THESE, _("None of these")),
            (UNKNOWN, DONT_KNOW),
        ],
        required=False,
    )
    care_note = FreeText(
        label=_("What must a doctor or a lawyer know about it?"),
        help_text=_("For example: insulin twice a day. A few words are enough."),
        required=False,
    )


class LawyerForm(QuestionForm):
    has_lawyer = yes_or_no(
        _("Does your person have a lawyer already?"),
        _("A notario is not a lawyer."),
    )
    lawyer_name = PlainText(label=_("If yes: what is the lawyer's name?"), limit=80, required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        if cleaned.get("has_lawyer") == "no":
            cleaned["lawyer_name"] = ""
        elif cleaned.get("lawyer_name"):
            cleaned["has_lawyer"] = "yes"
        return cleaned


class WishForm(QuestionForm):
    wish = OneOf(
        label=_("What do they need help with most?"),
        choices=[
            (Wish.PREPARE, _("Prepare the family, in case someone is taken")),
            (Wish.ASYLUM, _("Ask for asylum")),
            (Wish.WORK_PERMIT, _("A work permit")),
            (Wish.TPS, _("TPS")),
            (Wish.DACA, _("DACA")),
            (Wish.FAMILY, _("Papers through a husband, wife, parent or child")),
            (Wish.CITIZENSHIP, _("Become a citizen")),
            (Wish.RECORDS, _("Copies of their immigration records")),
            (Wish.CHARGE, _("What a criminal charge means for their papers")),
            (Wish.CIVIL, _("Rent, wages, a towed car, custody of a child")),
            (Wish.INFORMATION, _("Only information. No lawyer now.")),
            (Wish.UNKNOWN, _("Something else, or I don't know")),
        ],
        required=False,
    )
