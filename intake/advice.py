"""Plain advice by situation for whoever wants nothing but advice: nothing is asked, nothing is kept.

No sentence names a legal date: a wrong one does more harm than "call today".
"""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from intake.phones import AHR, COURT, ILCM, MMLA, ORR, VLN, Line

DANGER = _("If someone is in danger, call 911.")
SIGN_NOTHING = _("Do not sign a paper you do not understand. Say: “I want to speak to a lawyer.”")


@dataclass(frozen=True, slots=True)
class Situation:
    """One page of advice. `choice` is the link that leads to it; `tells_person` adds what a held person should hear,
    `is_in_city` the City's help line.
    """

    name: str
    choice: str | Promise
    steps: tuple[str | Promise, ...]
    lines: tuple[Line, ...]
    tells_person: bool = False
    is_in_city: bool = True


SITUATIONS: tuple[Situation, ...] = (
    Situation(
        "taken",
        _("Someone was taken"),
        (
            DANGER,
            _("Find the A-number, the country of birth, and the name just as it is on papers."),
            _("Look for them on the web page locator.ice.gov. A new name may be missing there for a day. Try again."),
            _("“Not found” does not mean that they are free. Many people do not show there, and nobody under 18 does."),
            _("Be careful on the jail phone and with jail messages. Others listen and read."),
            _("Write down when and where it happened, and who saw it."),
        ),
        (AHR, ILCM),
        tells_person=True,
    ),
    Situation(
        "papers",
        _("I have papers or a court date"),
        (
            _("Go to every court date. If you miss one, the judge can order you to leave without hearing you."),
            _("Look on the papers for a judge's name, a court, a date, and an A-number."),
            _("Call the court's phone machine with the A-number. It tells the next date."),
            _("If the machine does not know the number, you can still have a case. Ask a lawyer."),
            _("For some papers the time to answer is very short. Call a lawyer today."),
            SIGN_NOTHING,
            _("If you move, tell the court your new address at once. Ask a lawyer how."),
        ),
        (VLN, ILCM, MMLA, COURT),
    ),
    Situation(
        "afraid",
        _("I am afraid of being taken"),
        (
            _("You do not have to say where you were born or how you came. You can stay silent."),
            _("You do not have to open your door. Ask them to hold a paper with a judge's name to the window."),
            SIGN_NOTHING,
            _("Do not lie, and do not show false papers."),
            _("Make a plan. Who picks up the children? Who has a key? A lawyer can help you write it down."),
            _("Learn by heart the phone number of someone you trust."),
            _("Keep your papers in one place. Tell someone you trust where it is."),
            _("If you have to go to an office or a check-in, talk to a lawyer first."),
        ),
        (VLN, ILCM, AHR),
    ),
    Situation(
        "child",
        _("A child is alone"),
        (
            _("If the child is in danger, call 911."),
            _("Stay with the child. Call someone the family trusts."),
            _("Did officers take the child? The search on the web shows no children. Call the number for children."),
            _("Have ready the child's name, the birth date, and the country of birth."),
            _("A child does not have to sign anything. A child can say: “I want to speak to a lawyer.”"),
            _("Ask us for a lawyer for the child. For us this is the most urgent thing there is."),
        ),
        (ORR, MMLA, AHR),
    ),
    Situation(
        "outside",
        _("They live outside Minneapolis"),
        (
            _("We help people who lived in Minneapolis when they were taken. Where they are held does not matter."),
            _("You are not sure about the address? Ask us anyway. A person looks at it."),
            _("Elsewhere in Minnesota, lawyers may help too. Call the numbers below."),
            _("What to do right now is the same everywhere."),
        ),
        (ILCM, MMLA, VLN, AHR),
        is_in_city=False,
    ),
)
BY_NAME = {situation.name: situation for situation in SITUATIONS}
