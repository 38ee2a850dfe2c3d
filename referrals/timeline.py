"""The events of a case, each as a sentence a coordinator would say. Codes in, words out; no identity on either side."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Choices

from accounts.models import User
from accounts.roles import Role
from notifications.keywords import Wish
from privacy.models import DocumentKind
from referrals.actions.deadlines import DropReason
from referrals.actions.endings import Outcome, ReopenReason, ScreenOutReason
from referrals.actions.offers import Appearance, HandReason, TakeBackReason, TransferReason
from referrals.actions.openings import OpeningReason
from referrals.actions.screening import ScreenInReason
from referrals.models import (
    CallOutcome,
    CaseEvent,
    CertificationDesk,
    CertifyingAgency,
    Channel,
    DeclineReason,
    IncomeVerdict,
    LookedAt,
    LookResult,
    ReferralOutcome,
    Residency,
    TaskKind,
)
from referrals.urgency import SAID_URGENT

SENTENCES: dict[str, str] = {
    "open": "The case was opened ({channel}): {case_type}, T{urgency}.{continues}",
    "facts_changed": "The answers changed. {changes}",
    "room_short": "The new kind of case takes {points} points; {provider} has room for {kept} only.",
    "request_info": "More was asked of the family; somebody calls them.",
    "info_received": "What was missing has arrived.",
    "screen_in": "Found eligible: {reason}",
    "screening_passed": "Found eligible: {reason}",
    "screen_out": "Found not eligible: {reason} Referred to {referred_to}.",
    "offer": "Offered to {provider}. {reason}",
    "no_conflict": "{provider} found no conflict of interest.",
    "accept": "{provider} accepted.{scope}{provisional}",
    "stage_started": "{provider} began the stage “{stage}”.",
    "decline": "{provider} declined: {reason}",
    "expire": "The offer to {provider} ran out without an answer.",
    "withdraw_offer": "The offer to {provider} was taken back: {reason}",
    "waitlist": "Nobody has room: the case waits.",
    "engage": "A lawyer appeared: {appearance}",
    "transfer": "{from} handed the case on: {reason}",
    "close": "Closed. {outcome}",
    "withdraw": "The family no longer wants the fund's help.",
    "referred_out": "The family was also referred to {partner}.",
    "referral_outcome": "Referred to {partner}: {outcome}",
    "mark_duplicate": "The same person as in {duplicate_of}, which goes on.",
    "likely_duplicate": "Perhaps the same person as in {other}: compare the two.",
    "not_duplicate": "Compared with {other}: not the same person.",
    "joined": "{duplicate} was about the same person: what was told there, and who told it, was joined to this case.",
    "lose_contact": "Nobody could be reached any more.",
    "reopen": "Taken up again: {reason}",
    "locator_checked": "Looked for the person. {looked_at} {result}",
    "may_have_moved": "The person may have been moved: the search begins again.",
    "certification_requested": "Asked for a U visa certification{expedited}: {agency}.",
    "certification_reminded": "The agency was reminded of the certification. Who has it: {desk}",
    "certification_good_cause": "The agency named a good cause for taking longer: the State's clock counts now.",
    "certification_recounted": "The law's table changed: the certification's clocks were counted anew.",
    "certified": "Supplement B is signed: six months run until the petition must be received.",
    "certification_refused": "The agency refused to certify.",
    "certification_withdrawn": "The request for a certification was withdrawn.",
    "petition_filed": "The petition was received with the signed Supplement B.",
    "seat_booked": "Has a seat at a legal clinic.",
    "seat_freed": "The seat at the legal clinic was given back.",
    "clinic_attended": "Was at the legal clinic.",
    "clinic_missed": "Did not come to the legal clinic.",
    "clock_started": "The clock {code} runs: last day {due}, safe by {safe_by}.",
    "clock_kept": "The clock {code} was kept; its last day was {due}.",
    "clock_dropped": "The clock {code} was dropped: {reason}",
    "clocks_recounted": "The law's table changed. {clocks}",
    "urgency_changed": "{cause} changed the urgency from T{before} to T{after}.",
    "time_zone_set": "Texts go by the clock of {zone} now.",
    "tier_put_back": "A person read the text: its words do not make the case more urgent.",
    "opened_document": "The sealed part “{document}” was opened: {reason}",
    "assigned": "{person} works on it now.",
    "code_reissued": "The family was given a new return code; the old one no longer works.",
    "task_done": "Task done: {task}",
    "note_added": "A note was sealed.",
    "handed_over": "{provider} has the file in its own case system.",
    "hold_placed": "A legal hold was placed{for_demand}: nothing of the case is destroyed.",
    "conflict_hold": "{provider} must not be asked: a conflict of interest.",
    "conflict_lifted": "{provider} can be asked again: the conflict of interest was lifted.",
    "hold_lifted": "A legal hold was lifted{for_demand}.",
    "new_file": "The family was asked again: a new file was begun.",
    "answer_pressed": "The family answered “{page}” with the keys of its phone.",
    "answers_said": "The family answered some of what was missing; then the call was cut.",
    "code_given_again": "The family had the phone line make a new return code; the old one no longer works.",
    "call_tried": "Tried to call the family. {outcome}",
    "family_reached": "The family was reached by phone.",
    "answers_sent": "The family answered the page “{page}” again.",
    "family_texted": "The family was written to, in a member's own words.",
    "text_received": "The family texted{urgently}. {meaning}",
    "consent_withdrawn": "The family took a consent back: no more {consents}.",
    "data_asked": "{task}",
    "data_deleted": "What the family told us is destroyed, because it asked for that.",
}

# What the machine made of it; nothing of what was written.
TEXT_MEANINGS: dict[Wish, str] = {
    Wish.STOP: "It gets no more texts.",
    Wish.REFUSAL: "It seems to want no more texts, and gets none until a person has asked.",
    Wish.START: "It gets texts again.",
    Wish.YES: "It gets texts again.",
    Wish.HELP: "It asked for help and was told whom to call.",
    Wish.OTHER: "",
}

REASONS: dict[str, type[Choices]] = {
    "screen_in": ScreenInReason,
    "screening_passed": ScreenInReason,
    "screen_out": ScreenOutReason,
    "offer": HandReason,
    "decline": DeclineReason,
    "withdraw_offer": TakeBackReason,
    "transfer": TransferReason,
    "reopen": ReopenReason,
    "clock_dropped": DropReason,
    "opened_document": OpeningReason,
}
# What "outcome" means where it is not the outcome of a case.
OUTCOMES: dict[str, type[Choices]] = {"referral_outcome": ReferralOutcome, "call_tried": CallOutcome}
LABELS: dict[str, type[Choices]] = {
    "appearance": Appearance,
    "outcome": Outcome,
    "task": TaskKind,
    "document": DocumentKind,
    "looked_at": LookedAt,
    "result": LookResult,
    "desk": CertificationDesk,
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the timeline: when, what, and who did it."""

    at: datetime
    sentence: str
    who: str


def entries(events: Iterable[CaseEvent]) -> list[Entry]:
    """The events as sentences, in their order; one query for the names of the members who acted."""
    events = list(events)
    people = {one.user_id or 0 for one in events} | {int(one.detail.get("user", 0)) for one in events}
    names = dict(User.objects.filter(pk__in=people - {0}).values_list("pk", "name"))
    return [Entry(one.at, sentence(one, names), _who(one, names)) for one in events]


def sentence(event: CaseEvent, names: Mapping[int, str] | None = None) -> str:
    """What happened, with the `names` of members; a kind of a package above this one is shown by its name."""
    template = SENTENCES.get(event.kind)
    if template is None:
        return event.kind.replace("_", " ").capitalize() + "."
    return template.format_map(_words(event, names or {})).strip()


def _words(event: CaseEvent, names: Mapping[int, str]) -> Mapping[str, str]:
    detail: dict[str, Any] = event.detail
    words = defaultdict(str, {key: str(value) for key, value in detail.items()})
    words["person"] = names.get(detail.get("user", 0), "A colleague")
    words["provisional"] = " Eligibility is still to be decided." if detail.get("provisional") else ""
    words["expedited"] = ", by the short clocks" if detail.get("expedited") else ""
    if "agency" in detail:
        words["agency"] = str(CertifyingAgency(detail["agency"]).label)
    words["scope"] = f" It does a part; the rest goes on as {detail['linked']}." if detail.get("linked") else ""
    words["continues"] = f" It is the rest of {detail['continues']}." if detail.get("continues") else ""
    words["for_demand"] = " for a legal demand" if detail.get("demand") else ""
    if "channel" in detail:
        words["channel"] = Channel(detail["channel"]).label.lower()
    if event.kind == "screen_in" and "residency" in detail:
        income = str(IncomeVerdict(detail["income"]).label)
        words["reason"] = f"{Residency(detail['residency']).label}; income: {income[0].lower()}{income[1:]}."
    elif "reason" in detail and event.kind in REASONS:
        words["reason"] = _label(REASONS[event.kind], detail["reason"])
    if event.kind in OUTCOMES:
        words["outcome"] = _label(OUTCOMES[event.kind], detail["outcome"])
        return words
    for key, choices in LABELS.items():
        if key in detail:
            words[key] = _label(choices, detail[key])
    words |= _OF_KIND[event.kind](event) if event.kind in _OF_KIND else {}
    words["consents"] = " or ".join(detail.get("consents", []))
    words["document"] = words["document"].rstrip(".").lower()
    if event.kind == "facts_changed":
        words["changes"] = _changes(detail["before"], detail["after"])
    if event.kind == "clocks_recounted":
        words["clocks"] = " ".join(_clock_moved(one["before"], one["after"]) for one in detail["changes"]) or (
            f"Next deadline: {detail['next']['after'] or 'none'} instead of {detail['next']['before'] or 'none'}."
        )
    return words


def _tier_words(event: CaseEvent) -> dict[str, str]:
    if event.detail["reason"] == SAID_URGENT:
        return {"cause": "Urgent words in a text"}
    by_person = event.role in (Role.COORDINATOR, Role.HOTLINE_LEAD)
    return {"cause": "A person" if by_person else "A legal clock"}


def _text_words(event: CaseEvent) -> dict[str, str]:
    detail = event.detail
    return {
        "urgently": ", with urgent words" if detail["urgent"] else "",
        "meaning": TEXT_MEANINGS[Wish(detail["wish"])] if detail["done"] else "",
    }


_OF_KIND = {"text_received": _text_words, "urgency_changed": _tier_words}


def _label(choices: type[Choices], code: str) -> str:
    # An old event may carry a code that is no longer in use.
    label = str(choices(code).label) if code in choices.values else code.replace("_", " ")
    return label + "."


def _changes(before: dict[str, Any], after: dict[str, Any]) -> str:
    """Which verdicts moved, from what to what."""
    named = {"case_type": "type", "urgency": "tier", "custody": "custody"}
    moved = [
        f"{name} {_verdict(key, before[key])} → {_verdict(key, after[key])}"
        for key, name in named.items()
        if before[key] != after[key]
    ]
    return f"Now {'; '.join(moved)}." if moved else "Type, tier and custody stay."


def _clock_moved(before: dict[str, Any], after: dict[str, Any]) -> str:
    if before["due"] == after["due"] and before["safe_by"] == after["safe_by"]:
        return f"{after['code']} stays at {after['due']}."
    return f"{after['code']} ends {after['due']} instead of {before['due']}, safe by {after['safe_by']}."


def _verdict(key: str, value: Any) -> str:
    return f"T{value}" if key == "urgency" else str(value).replace("_", " ")


def _who(event: CaseEvent, names: Mapping[int, str]) -> str:
    role = Role(event.role)
    name = names.get(event.user_id or 0, "")
    if not name:
        return "the system" if role is Role.SYSTEM else f"the {role.label.lower()}"
    return f"{name}, {role.label.lower()}"
