"""Everything the phone line says, sentence by sentence: the list that people record from, in each language.

A prompt with `fixed` belongs to no page: its words stand here in each language. All others are in the catalogs. Until a
recording is approved, English and Spanish are spoken by the carrier's voice and nothing else is
(docs/adr/0035-no-voice-that-nobody-recorded.md).
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from intake.phones import FREE_FROM_DETENTION
from referrals.models import State

# Who hears a language by the carrier's voice until somebody has recorded it.
SPOKEN_BY_CARRIER = frozenset({"en", "es"})


@dataclass(frozen=True, slots=True)
class Prompt:
    """One recording: its name, and the sentences to say, in the caller's language."""

    name: str
    sentences: tuple[str | Promise, ...] = ()
    fixed: Mapping[str, str] = field(default_factory=dict)

    def words(self, language: str) -> str:
        """What is to be said in `language`."""
        if self.fixed:
            return self.fixed[language]
        with translation.override(language):
            return " ".join(_stopped(str(sentence)) for sentence in self.sentences)

    def words_hash(self, language: str) -> str:
        """Tells whether a recording still says what it should: SHA-256 of the words, in hexadecimal."""
        return hashlib.sha256(self.words(language).encode()).hexdigest()


def _stopped(sentence: str) -> str:
    """A heading of a web page has no full stop; a voice needs one to stop at."""
    return sentence if sentence.endswith((".", "?", "!", ":", "”", ",")) else f"{sentence}."


# Each language is named in itself: nobody has to understand another one to be understood.
_MENU = {
    "en": "For English, press 1.",
    "es": "Para español, oprima 2.",
    "so": "Af Soomaali, riix 3.",
    "hmn": "Lus Hmoob, nias 4.",
}
# Spoken in English until they are recorded, so that no carrier's voice pretends to speak them.
MENU_IN_ENGLISH = "For Somali, press 3. For Hmong, press 4."
_OTHER = {
    "en": "For another language, press 5.",
    "es": "Para otro idioma, oprima 5.",
    "so": "Luqad kale, riix 5.",
    "hmn": "Lwm hom lus, nias 5.",
}
_DIGITS = {
    "en": ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
    "es": ("cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve"),
    "so": ("eber", "kow", "laba", "saddex", "afar", "shan", "lix", "toddoba", "siddeed", "sagaal"),
    "hmn": ("xoom", "ib", "ob", "peb", "plaub", "tsib", "rau", "xya", "yim", "cuaj"),
}
# The free legal line, as it is said by whoever records it.
_FREE_LINE = FREE_FROM_DETENTION.replace("-", " ")


def digit(number: int) -> str:
    """The name of the prompt that says one digit."""
    return f"digit_{number}"


def status(state: str) -> str:
    """The name of the prompt that says how a request in this state stands."""
    return f"status_{state}"


_FIXED = (
    Prompt("menu", fixed=_MENU),
    Prompt("menu_other", fixed=_OTHER),
    *(Prompt(digit(number), fixed={code: words[number] for code, words in _DIGITS.items()}) for number in range(10)),
)

_ASKED = (
    Prompt("code_ask", (_("If you have a code from us, type its 13 numbers now."), _("No code? Press the pound key."))),
    Prompt("jail_ask", (_("If you call from a jail, press 9 and then the pound key."),)),
    Prompt("code_wait", (_("Please wait. We look for it."),)),
    Prompt("code_unknown", (_("We do not find this code."), _("Check each number."))),
    Prompt("code_busy", (_("Many codes are being tried right now."), _("Please wait a moment."))),
    Prompt("code_later", (_("We cannot look for codes right now."), _("Please call again later."))),
    Prompt(
        "unsent",
        (
            _("Your answers on the web page are not sent yet. Please go on there."),
            _("To begin anew by phone, press 2. For a person, press 0."),
        ),
    ),
    Prompt(
        "listened",
        (
            _("This phone may be listened to and recorded."),
            _("Do not say where you were born or how you came."),
            _("Lawyers answer for free from any ICE jail in Minnesota. To talk to them now, press 1."),
            _("To go on with us, with keys only, press 2."),
        ),
    ),
    Prompt(
        "notice",
        (
            _("We use your answers only to find a lawyer and to reach you."),
            _(
                "You do not have to answer. Without a way to reach you and a few answers we cannot find a lawyer."
                " Nothing else happens to you if you say no."
            ),
            _("Our staff and the lawyers' offices we ask may see your answers."),
            _(
                "A court can order us to show data. The state or legislative auditor may check our work. We lock your"
                " answers, and we fight orders when the law lets us."
            ),
            _("If you are under 18, you can ask us not to show your answers to your parents."),
            _("We are not your lawyer yet, and we cannot promise one. You can take your request back at any time."),
            _("We do not record this call."),
        ),
    ),
    Prompt(
        "consent",
        (
            _("If you agree, and we may call this phone back, press 1."),
            _("If you agree, but this phone is not safe, press 2."),
            _("For a person, press 0."),
        ),
    ),
    Prompt("consent_jail", (_("If you agree, press 1."), _("For a person, press 0."))),
    Prompt(
        "code_intro", (_("Please take paper and a pen."), _("I give you a code of 13 numbers. I say it twice, slowly."))
    ),
    Prompt("code_again", (_("I say it again."),)),
    Prompt(
        "code_done",
        (
            _("With this code you can hear what happens. Keep it where only you find it."),
            _("To go on, press 1. To hear it once more, press the star key."),
        ),
    ),
    Prompt(
        "keys",
        (_("You can skip every question with the pound key, and hear it again with the star key."),),
    ),
    Prompt(
        "taken",
        (
            _("Was someone taken today, or in the last 3 days? Press 1."),
            _("Was it longer ago? Press 2."),
            _("If nobody was taken, press 3."),
        ),
    ),
    Prompt(
        "place",
        (
            _("Where are they now?"),
            _("For Whipple, the federal building at Fort Snelling, press 1."),
            _("For Sherburne, press 2. For Freeborn, press 3. For Kandiyohi, press 4. For Crow Wing, press 5."),
            _("For another jail in Minnesota, press 6. For a place in another state, press 7."),
            _("If they are free now, press 8. If you do not know, press 9."),
        ),
    ),
    Prompt(
        "soon",
        (
            _("If they may be flown out or moved today or tomorrow, press 1."),
            _("Is there a court date? If it is today, press 2. Tomorrow, press 3. In 2 days, press 4."),
            _("In 3 days, press 5. If there is none so soon, press 6."),
        ),
    ),
    Prompt("zip", (_("Where did your person live? Type the 5 numbers of the home ZIP code."),)),
    Prompt(
        "a_number",
        (_("If you have a paper with an A-number, type its numbers and then the pound key."),),
    ),
    Prompt(
        "number",
        (_("Which phone may we call? For this phone, press 1. For another, press 2. If we must not call, press 3."),),
    ),
    Prompt(
        "number_jail",
        (_("May we call someone of your family? To type their phone number, press 2. If not, press 3."),),
    ),
    Prompt("other_number", (_("Type the phone number with the area code, 10 numbers."),)),
    Prompt(
        "text",
        (
            _("May we send short texts to that phone? They name nobody. If yes, press 1."),
            _("If not, or if someone sees this phone who must not know, press 2."),
        ),
    ),
    Prompt(
        "hours",
        (_("When may we call? For any hour, day or night, press 1."), _("For only by day, press 2.")),
    ),
    Prompt("end_now", (_("We have what you said. It is very urgent: someone calls you within 30 minutes."),)),
    Prompt("end_open", (_("We have what you said. Someone calls you within 4 working hours."),)),
    Prompt("end_later", (_("We have what you said. Someone calls you in the next 3 working days."),)),
    Prompt(
        "end_closed",
        (
            _("We have what you said. Our office is closed now."),
            _("We open at 9 in the morning on working days. Then someone calls you."),
        ),
    ),
    Prompt("end_no_call", (_("We have what you said. Please call us again, with your code."),)),
    Prompt("end_nothing", (_("You did not tell us anything yet. Your code is kept for 7 days: please call again."),)),
    Prompt(
        "tell_person",
        (
            _("Tell your person this."),
            _("Do not sign anything."),
            _("Say: “I want to speak to a lawyer.” Say: “I want to see a judge.”"),
            _("Do not say where you were born or how you came."),
            _("If you are afraid to go back, say so out loud."),
            _("From any ICE jail in Minnesota you can call lawyers for free:"),
            f"{_FREE_LINE}.",
        ),
    ),
    Prompt(
        "end_menu",
        (
            _("If you missed your code, press 1: you get a new one, and the old one stops."),
            _("To hear all this again, press the star key. Else you can hang up."),
        ),
    ),
    Prompt("code_new", (_("Here is a new code. The old one does not work any more."),)),
    Prompt("status_menu", (_("To hear this again, press the star key."), _("For a new request, press 2."))),
    Prompt("sorry", (_("I did not understand that."),)),
    Prompt("connecting", (_("One moment. I connect you with a person."),)),
    Prompt("nobody_now", (_("Nobody can come to the phone right now."),)),
    Prompt(
        "nobody_speaks",
        (
            _("Nobody who speaks your language can come to the phone right now."),
            _("If you have a code from us, press 4."),
            _("We can call you back with an interpreter."),
        ),
    ),
    Prompt(
        "leave",
        (
            _("With each of these keys you agree. If we may call this phone back, choose 1 or 2."),
            _("If someone was taken today or in the last 3 days, press 1. For anything else, press 2."),
            _("To be called on another phone, press 3."),
        ),
    ),
    Prompt("leave_taken", (_("If someone was taken today or in the last 3 days, press 1. If not, press 2."),)),
    Prompt(
        "nobody_closed",
        (_("Our office is closed now. We open at 9 in the morning on working days."),),
    ),
    Prompt("free_line", (_("You can also call the lawyers yourself, for free:"), f"{_FREE_LINE}.")),
    Prompt("goodbye", (_("Thank you. Goodbye."),)),
)

# How a request stands, in the words of the web page where they need no name and no date.
_STATUS: dict[str, tuple[str | Promise, ...]] = {
    State.RECEIVED: (_("We have your request. A person is looking at it."),),
    State.NEEDS_INFO: (
        _("We need to ask you something"),
        _("An answer is missing. We will try to reach you. You can also call us now; it is quicker."),
    ),
    State.SCREENED: (_("Your request is complete. We are asking lawyers' offices who has room."),),
    State.WAITLISTED: (
        _("No lawyers' office could take it so far. We do not know how long it takes."),
        _("Call us if something changes: a transfer, a court date, a new paper."),
    ),
    State.OFFERED: (
        _("We asked a lawyer's office"),
        _("They are looking at your request now. If they cannot help, we ask the next office at once."),
    ),
    State.ACCEPTED: (_("A lawyer's office will help"), _("Someone will contact you soon.")),
    State.REPRESENTED: (_("Your person has a lawyer"),),
    State.NOT_ELIGIBLE: (
        _("This fund cannot take the request. That does not mean that nobody can help."),
        _("Call us, and we tell you who else can help."),
    ),
    State.CLOSED: (_("This request is finished"), _("If something new happens, call us or ask for help again.")),
    State.WITHDRAWN: (_("This request was taken back"), _("You can ask for help again at any time.")),
    State.LOST_CONTACT: (_("We could not reach you"), _("Please call us. Then we go on with your request.")),
}


MANIFEST: tuple[Prompt, ...] = (
    *_FIXED,
    *_ASKED,
    *(Prompt(status(state), parts) for state, parts in _STATUS.items()),
)
BY_NAME: Mapping[str, Prompt] = {prompt.name: prompt for prompt in MANIFEST}
