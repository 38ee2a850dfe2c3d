"""What a family reads about their request: the state in plain words, who has it, and when they will hear."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.formats import date_format, time_format
from django.utils.functional import Promise
from django.utils.timezone import localdate, localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from notifications.models import Contact
from privacy import return_codes
from referrals.actions.linked import with_all_parts
from referrals.clinics import booked_seat
from referrals.models import Case, ReferralPartner, Residency, SessionStatus, State, TaskKind, Urgency
from referrals.policies import holder_of

NEXT_BY_URGENCY: dict[int, str | Promise] = {
    Urgency.T0: gettext_lazy("This is very urgent. We are asking lawyers right now, day or night."),
    Urgency.T1: gettext_lazy("This is urgent. A person looks at it within 4 working hours."),
    Urgency.T2: gettext_lazy("A person looks at it within one working day."),
    Urgency.T3: gettext_lazy("A person looks at it within three working days."),
}


@dataclass(frozen=True, slots=True)
class Help:
    """Someone to call, with a number that answers."""

    name: str
    phone: str


@dataclass(frozen=True, slots=True)
class Status:
    """One state for its family. `sentences` name nobody but the organizations; `call` is whom to call about it."""

    heading: str
    sentences: list[str]
    call: Help | None = None
    is_waiting: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """Something the family asked for that nobody has answered yet, in words."""

    what: str
    by_when: str


_ASKED: dict[str, str | Promise] = {
    TaskKind.NEW_ANSWERS: gettext_lazy("You sent us new answers."),
    TaskKind.CONSENT: gettext_lazy("You told us to stop texts or calls. They have stopped."),
    TaskKind.STOP_SHARING: gettext_lazy("You told us to stop sharing your answers."),
    TaskKind.COPY_OF_DATA: gettext_lazy("You asked for a copy of your data."),
    TaskKind.DELETE_DATA: gettext_lazy("You asked us to delete your data."),
}


def asked_of(case: Case, now: datetime) -> list[Asked]:
    """What the family asked for, and by when a person answers it."""
    if return_codes.several_people_have_codes(case.pk):
        # What one relative asked would tell the other that somebody else asks too.
        return []
    tasks = case.tasks.filter(kind__in=_ASKED, done_at__isnull=True).order_by("opened_at", "pk")
    return [Asked(str(_ASKED[task.kind]), _answered_by(task.due_at, now)) for task in tasks]


def _answered_by(due_at: datetime, now: datetime) -> str:
    if due_at <= now:
        return _("We are late with this. Please call us.")
    return _("A person takes care of it by %(when)s.") % {"when": _when(due_at)}


def seat_of(case: Case, now: datetime) -> list[str]:
    """Day, hour and place of the family's seat at a legal clinic, in sentences; none without a seat ahead."""
    seat = booked_seat(case.duplicate_of or case)
    if seat is None or seat.session.ends <= now or seat.session.status == SessionStatus.CANCELLED:
        return []
    session = seat.session
    names = {"when": _when(session.begins), "place": session.place, "address": session.address}
    return [
        _("You can talk with a lawyer on %(when)s. Come to %(place)s, %(address)s.") % names,
        _("If you cannot come, please call us."),
    ]


def status_of(case: Case, now: datetime) -> Status:
    """The status page's words, in the active language.

    A duplicate's are those of the case that goes on: its family never reads that somebody else asked too.
    """
    case = case.duplicate_of or case
    describe = _DESCRIBED.get(case.state)
    return describe(case, now) if describe else _plain(case)


def rests_of(case: Case, now: datetime) -> list[Status]:
    """How the rest of the request stands, where one office does a part of the work and another is to do the rest.

    So does the rest of what was joined into it; a rest that was joined itself is told of by the case that goes on.
    """
    parts = with_all_parts(case.duplicate_of or case)
    ids = {one.pk for one in parts}
    rests = [one for one in parts[1:] if one.continues_id and one.duplicate_of_id not in ids]
    return [status_of(rest, now) for rest in sorted(rests, key=lambda one: (one.opened_at, one.pk))]


def _when(moment: datetime | None) -> str:
    if moment is None:
        return ""
    local = localtime(moment)
    # Outside the f-string: the program that collects texts does not look inside one.
    day_format = pgettext("date format", "l, F j")
    return f"{date_format(local, day_format)}, {time_format(local, 'TIME_FORMAT')}"


def taken_back() -> Status:
    """For whoever took their own part in a case back that goes on for somebody else, of whom they read nothing."""
    return _in_words_of(State.WITHDRAWN)


def _plain(case: Case) -> Status:
    return _in_words_of(State(case.state))


def _in_words_of(state: State) -> Status:
    heading, *sentences = _WORDS[state]
    return Status(str(heading), [str(sentence) for sentence in sentences])


_WORDS: dict[State, list[str | Promise]] = {
    State.SCREENED: [
        gettext_lazy("We are looking for a lawyer"),
        gettext_lazy("Your request is complete. We are asking lawyers' offices who has room."),
    ],
    State.OFFERED: [
        gettext_lazy("We asked a lawyer's office"),
        gettext_lazy("They are looking at your request now. If they cannot help, we ask the next office at once."),
    ],
    State.CLOSED: [
        gettext_lazy("This request is finished"),
        gettext_lazy("If something new happens, call us or ask for help again."),
    ],
    State.WITHDRAWN: [
        gettext_lazy("This request was taken back"),
        gettext_lazy("You can ask for help again at any time."),
    ],
    State.LOST_CONTACT: [
        gettext_lazy("We could not reach you"),
        gettext_lazy("Please call us. Then we go on with your request."),
    ],
}


def outside_help(residency: str, now: datetime) -> Help | None:
    """Whom a family outside the city can call right away, while a person still looks at their request."""
    if residency != Residency.OUTSIDE:
        return None
    partner = ReferralPartner.objects.on(localdate(now)).filter(helps_outside_city=True).first()
    return Help(partner.name, partner.phone) if partner else None


def outside_sentence(nearer: Help) -> str:
    """What is said beside their number."""
    sentence = _("The home seems to be outside Minneapolis. A person checks it. You can call %(office)s now too.")
    return sentence % {"office": nearer.name}


def _received(case: Case, now: datetime) -> Status:
    sentences = [_("We have your request. A person is looking at it.")]
    if case.state_due_at and case.state_due_at > now:
        sentences.append(_("You will hear from us by %(when)s.") % {"when": _when(case.state_due_at)})
    nearer = outside_help(case.residency, now)
    if nearer:
        sentences.append(outside_sentence(nearer))
    return Status(_("We have your request"), sentences, nearer)


def _needs_info(case: Case, now: datetime) -> Status:
    return Status(
        _("We need to ask you something"),
        [_("An answer is missing. We will try to reach you. You can also call us now; it is quicker.")],
    )


def _waitlisted(case: Case, now: datetime) -> Status:
    return Status(
        _("Your request is waiting"),
        [
            _("No lawyers' office could take it so far. We do not know how long it takes."),
            _("We check again every few minutes. The first free place that fits goes to those who are most at risk."),
            _("Call us if something changes: a transfer, a court date, a new paper."),
        ],
        is_waiting=True,
    )


def _accepted(case: Case, now: datetime) -> Status:
    holder = _holder(case)
    if holder is None:
        return Status(_("A lawyer's office will help"), [_("Someone will contact you soon.")])
    may_call = Contact.objects.filter(case_id=case.pk, may_call=True).exists()
    names = {"office": holder.name, "when": _when(case.state_due_at)}
    if case.state_due_at is None or case.state_due_at <= now:
        next_step = _("You should have heard from %(office)s by now. If not, call them or us.")
    elif may_call:
        next_step = _("Someone from %(office)s will call you by %(when)s.")
    else:
        next_step = _("Someone from %(office)s will contact you by %(when)s.")
    return Status(_("A lawyer's office will help"), [_("%(office)s took the case.") % names, next_step % names], holder)


def _represented(case: Case, now: datetime) -> Status:
    holder = _holder(case)
    names = {"office": holder.name if holder else _("A lawyer's office")}
    return Status(
        _("Your person has a lawyer"),
        [_("%(office)s speaks for your person. Ask them everything about the case.") % names],
        holder,
    )


def _not_eligible(case: Case, now: datetime) -> Status:
    partner = case.referred_to
    sentences = [_("This fund cannot take the request. That does not mean that nobody can help.")]
    if partner is None:
        sentences.append(_("Call us, and we tell you who else can help."))
        return Status(_("Someone else may help"), sentences)
    sentences.append(_("Please call %(office)s. Say that we sent you.") % {"office": partner.name})
    return Status(_("Someone else may help"), sentences, Help(partner.name, partner.phone))


def _holder(case: Case) -> Help | None:
    offer = holder_of(case)
    if offer is None:
        return None
    provider = offer.program.provider
    return Help(provider.name, provider.public_phone)


_DESCRIBED = {
    State.RECEIVED: _received,
    State.NEEDS_INFO: _needs_info,
    State.WAITLISTED: _waitlisted,
    State.ACCEPTED: _accepted,
    State.REPRESENTED: _represented,
    State.NOT_ELIGIBLE: _not_eligible,
}
