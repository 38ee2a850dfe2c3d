"""The whole story for many families at once: asking, texts, coming back, offers, opening, correcting, handing on."""

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from unittest.mock import patch

from django.test import Client, override_settings
from django.utils import timezone

from accounts.models import Membership, Organization, User
from accounts.roles import Role
from config.drills.desks import Desk, StoryBroken, shown
from config.drills.ears import Ears
from config.drills.identities import Identity, MarkedCodes, people, written
from config.drills.office import open_offices
from privacy import return_codes, throttle
from privacy.models import DocumentKind
from providers.models import Program
from referrals.actions.endings import Outcome
from referrals.actions.offers import TransferReason
from referrals.facts import Entry, Taken
from referrals.models import Case, DeclineReason, Offer, OfferState

# A made-up address of each family, so that nobody waits for the others' tries.
_ADDRESS = "198.18.{}.{}"
_ANSWERED = re.compile(r"/ask/([a-z]+)/$")
# Longer than the story has pages: a page that leads back to itself must end the drill.
_MOST_PAGES = 30
# Costs and pauses that guard against guessing; here they would only be waited for.
_QUICK = {
    "RETURN_CODE_ARGON2": {"memory_cost": 64, "time_cost": 1, "parallelism": 1},
    "RETURN_CODE_FLOOR_SECONDS": 0.001,
    "VAULT_ARGON2": {"memory_cost": 64, "time_cost": 1},
    "TEXT_BACKEND": "handset",
}


@dataclass
class Story:
    """What came of it: who was in it, the browsers they left open, and one case that is still offered."""

    identities: list[Identity]
    codes: MarkedCodes
    desks: dict[str, Desk]
    operator: Client
    family: Client
    cases: list[Case] = field(default_factory=list)

    def words(self) -> list[str]:
        """Everything that must be found nowhere."""
        of_people = (word for identity in self.identities for word in identity.words())
        return [*of_people, *(word for code in self.codes.given for word in written(code))]


@contextmanager
def lived(many: int, ears: Ears) -> Iterator[Story]:
    """The story of `many` families, with the program still set as it was then. Raises `StoryBroken`."""
    codes = MarkedCodes()
    with ExitStack() as stack:
        stack.enter_context(override_settings(**_QUICK))
        stack.enter_context(patch.object(return_codes, "generate", codes))
        stack.enter_context(patch.object(throttle, "LONGEST_DELAY_SECONDS", 0.0))
        now = timezone.now()
        desks = {slug: Desk(office, now) for slug, office in open_offices(now).items()}
        Program.objects.update(ceiling=1_000_000, paused_at=None, paused_until=None, room_changed_at=now)
        story = Story(people(many), codes, desks, _operator(), _browser(0))
        for identity in story.identities:
            _live(identity, story, ears)
        _around(story, ears)
        yield story


def _live(identity: Identity, story: Story, ears: Ears) -> None:
    browser = _browser(identity.number)
    code = _file(identity, browser, story)
    ears.work()
    case = Case.objects.latest("opened_at")
    story.cases.append(case)
    story.family = browser
    _come_back(identity, browser, code, case)
    hotline = story.desks["hotline"]
    _open_all(hotline, case, DocumentKind.CONTACT, identity.caller_name)
    _open_all(hotline, case, DocumentKind.NAMES, identity.names)
    hotline.post(f"/staff/cases/{case.reference}/note/", {"note": f"They said {identity.story}."})
    hotline.post("/staff/search/", {"number": identity.phone})
    hotline.post("/staff/search/", {"number": identity.a_number})
    if identity.number % 3 == 0:
        _correct(hotline, case)
    _answer_offer(identity, story, case, ears)
    ears.work()


def _file(identity: Identity, browser: Client, story: Story) -> str:
    """Every page through its form; returns the code."""
    home = f"/{identity.language}/"
    browser.post(f"{home}before/", secure=True)
    code = story.codes.given[-1]
    if return_codes.show(code) not in shown(browser.get(f"{home}code/", secure=True), "the code"):
        raise StoryBroken("the page did not show the code")
    if identity.number % 5 == 4:
        # On another day, in another browser.
        browser.cookies.clear()
        browser.post(f"{home}status/", {"code": code}, secure=True)
    response, answers = browser.post(f"{home}code/", secure=True), identity.answers()
    for _ in range(_MOST_PAGES):
        page = _ANSWERED.search(response.headers.get("Location", ""))
        if page is None:
            break
        response = browser.post(f"{home}ask/{page[1]}/", answers[page[1]], secure=True)
    shown(browser.get(f"{home}check/", secure=True), "the answers")
    browser.post(f"{home}check/", secure=True)
    if return_codes.show(code) not in shown(browser.get(f"{home}sent/", secure=True), "the last page"):
        raise StoryBroken("the request was not sent")
    return code


def _come_back(identity: Identity, browser: Client, code: str, case: Case) -> None:
    path = f"/{identity.language}/status/"
    if case.reference not in shown(browser.post(path, {"code": return_codes.show(code)}, secure=True), path):
        raise StoryBroken("the code did not lead to the case")
    browser.post(path, {"code": identity.wrong_code}, secure=True)


def _open_all(desk: Desk, case: Case, kind: DocumentKind, expected: str) -> None:
    """Opens the file too; what was sealed must be readable where it should be, or nothing is proved."""
    page = desk.post(f"/staff/cases/{case.reference}/open/{kind}/", {"reason": "prepare"})
    if expected.split(maxsplit=1)[0] not in page:
        raise StoryBroken(f"{desk.office.organization.slug} could not read {kind}")


def _correct(desk: Desk, case: Case) -> None:
    path = f"/staff/cases/{case.reference}/answers/"
    page = desk.post(path, {"reason": "correct"})
    version = re.search(r'name="version" value="(\d+)"', page)
    answers = {
        "version": version[1] if version else "1",
        "taken": Taken.JUST_NOW,
        "place": "whipple",
        "entry": Entry.UNINSPECTED,
        "zip_code": "55404",
        "household": "3",
        "monthly_income": "900",
    }
    desk.post(path, answers)


def _answer_offer(identity: Identity, story: Story, case: Case, ears: Ears) -> None:
    """Declined at first by some, checked for conflicts, accepted, read, and by some handed on or closed."""
    if identity.number % 4 == 1:
        offer = _offer_of(case)
        reason = {"reason": DeclineReason.CAPACITY}
        _desk_of(offer, story).post(f"/staff/offers/{offer.pk}/decline/", reason)
        ears.work()
    if identity.number % 4 == 3:
        # Left as it is: offered, read for conflicts only.
        offer = _offer_of(case)
        _open_all(_desk_of(offer, story), case, DocumentKind.NAMES, identity.names)
        return
    offer = _offer_of(case)
    desk = _desk_of(offer, story)
    _open_all(desk, case, DocumentKind.NAMES, identity.names)
    desk.post(f"/staff/offers/{offer.pk}/no-conflict/", {})
    desk.post(f"/staff/offers/{offer.pk}/accept/", {})
    ears.work()
    _open_all(desk, case, DocumentKind.FILE, identity.a_number[-3:])
    _open_all(desk, case, DocumentKind.CONTACT, identity.caller_name)
    do = f"/staff/cases/{case.reference}/do/"
    if identity.number % 8 == 2:
        desk.post(f"{do}transfer/", {"reason": TransferReason.CAPACITY})
    elif identity.number % 8 == 6:
        desk.post(f"{do}close/", {"outcome": Outcome.values[0]})


def _around(story: Story, ears: Ears) -> None:
    """What happens beside the cases: a lost password, drafts begun and left, all that the clock does."""
    lead = story.desks["hotline"].office.lead
    Client().post("/staff/password/reset/", {"email": lead.email}, secure=True)
    left = _browser(1)
    left.post("/en/before/", secure=True)
    contact = story.identities[0].answers()["contact"]
    left.post("/en/ask/contact/", contact, secure=True)
    ears.tick()


def _offer_of(case: Case) -> Offer:
    offers = Offer.objects.select_related("program__provider__organization")
    offer = offers.filter(case=case, state=OfferState.LIVE).first()
    if offer is None:
        raise StoryBroken(f"{case.reference} is not offered to anybody")
    return offer


def _desk_of(offer: Offer, story: Story) -> Desk:
    return story.desks[offer.program.provider.organization.slug]


def _browser(number: int) -> Client:
    address = _ADDRESS.format(number // 250, number % 250 + 1)
    return Client(raise_request_exception=False, REMOTE_ADDR=address)


def _operator() -> Client:
    """The person who runs the server, who may edit the tables."""
    organization = Organization.objects.get(slug="fund")
    user = User.objects.create_superuser(f"drill-{datetime.now().timestamp()}@fund.example", name="Drill operator")  # noqa: DTZ005 (a name)
    Membership.objects.create(user=user, organization=organization, role=Role.OPERATOR)
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client
