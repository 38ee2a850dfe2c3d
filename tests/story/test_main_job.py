"""The main job, in a real browser, with a real worker: from a mother's phone at night to the funder's table."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import time_machine
from django.utils import timezone
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from accounts.demo import AUTHENTICATOR_SECRET, authenticator_code
from accounts.models import User
from accounts.roles import Role
from funding.actions import follow_acceptances
from funding.models import Commitment
from notifications.models import Message, MessageState
from providers.models import Program
from referrals import events
from referrals.business_time import CHICAGO
from referrals.models import Case, Offer, OfferState, State, Urgency
from tests import factories as make
from tests.services.worker import Worker
from tests.story import dump
from tests.story.attorney import check_and_accept
from tests.story.family import Answers, file_request, look_up, press

PASSWORD = "only-for-this-test-2026"
MOTHER = Answers()
SECOND = Answers(
    names="Segunda Persona Inventada",
    other_names="Apodo Dos",
    a_number="A000 222 333",
    phone="612-555-0143",
    caller_name="Vecina Segunda",
    also=("000222333", "+16125550143", "6125550143"),
)
THIRD = Answers(
    names="Tercera Persona Inventada",
    other_names="Apodo Tres",
    a_number="A000 444 555",
    phone="612-555-0144",
    caller_name="Prima Tercera",
    also=("000444555", "+16125550144", "6125550144"),
)


@pytest.fixture
def tonight() -> Iterator[datetime]:
    """The last 22:10 in Minneapolis: the worker's own clock, which is not moved, still finds the texts fresh."""
    now = timezone.now().astimezone(CHICAGO)
    late = now.replace(hour=22, minute=10, second=0, microsecond=0)
    if late > now:
        late -= timedelta(days=1)
    with time_machine.travel(late, tick=True):
        yield late


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    """A family's phone: small, slow to trust, no JavaScript."""
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, java_script_enabled=False, locale="es-US", timezone_id="America/Chicago"
    )
    yield context.new_page()
    context.close()


def desk(browser: Browser, address: str, user: User) -> Page:
    """A member of staff at a desk, signed in through the sign-in page."""
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.goto(f"{address}/staff/sign-in/")
    page.fill("input[name=login]", user.email)
    page.fill("input[name=password]", PASSWORD)
    secret = make.with_second_factor(user)
    make.let_into_vault(user, user.membership.organization.slug)
    press(page, "main button[type=submit]")
    assert secret == AUTHENTICATOR_SECRET
    page.fill("input[name=code]", authenticator_code(timezone.now()))
    press(page, "main button[type=submit]")
    return page


def read(page: Page, address: str, case: Case, kind: str) -> str:
    """A sealed part, opened with a reason."""
    page.goto(f"{address}/staff/cases/{case.reference}/open/{kind}/")
    page.click("label:has-text('Prepare the case')")
    press(page, "main button:has-text('Open')")
    return page.inner_text("main")


def room_of(code: str, kind: str, ceiling: int) -> Program:
    Program.objects.filter(provider__code=code, kind=kind).update(ceiling=ceiling)
    return Program.objects.get(provider__code=code, kind=kind)


def texts_sent(case: Case) -> set[str]:
    return set(
        Message.objects.filter(case_id=case.pk, state__in=[MessageState.DELIVERED, MessageState.ACCEPTED]).values_list(
            "template", flat=True
        )
    )


def wait_for_text(page: Page, case: Case, template: str, seconds: int = 20) -> None:
    for _ in range(seconds * 10):
        if template in texts_sent(case):
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"{template} was not sent: {list(Message.objects.filter(case_id=case.pk).values())}")


def wait_for_contact(page: Page, case: Case, seconds: int = 20) -> None:
    for _ in range(seconds * 10):
        if case.offers.filter(contact_shared_at__isnull=False).exists():
            return
        page.wait_for_timeout(100)
    raise AssertionError("the worker did not share the contact")


@pytest.mark.django_db(transaction=True, databases=["default", "keys"])
def test_a_mother_files_at_night_and_her_son_gets_a_lawyer(
    tonight: datetime,
    live_server: LiveServer,
    celery_worker_process: Worker,
    browser: Browser,
    phone: Page,
) -> None:
    address = live_server.url
    room_of("AHR", "detained_full", 6)
    room_of("BINGER", "detained_full", 6)

    # She files in Spanish; her son's case is urgent and offered to AHR in the same request.
    code = file_request(phone, address, "es", MOTHER)
    case = Case.objects.get()
    assert (case.state, case.urgency, case.case_type, case.language) == (State.OFFERED, Urgency.T0, "DET-HAB", "es")
    offer = Offer.objects.get(case=case, state=OfferState.LIVE)
    assert offer.program.provider.code == "AHR"
    assert offer.offered_at == case.opened_at
    wait_for_text(phone, case, "opened")

    # AHR accepts; the phone gets a neutral text in Spanish, and the status page says so.
    attorney = desk(browser, address, make.member(Role.PROVIDER_LEAD, "ahr", password=PASSWORD))
    attorney.goto(f"{address}/staff/offers/")
    assert case.reference in attorney.inner_text("main")
    for secret in MOTHER.secrets():
        assert secret not in attorney.content()
    # The names open with her vault unlocked and not before, the file once there is no conflict.
    attorney.goto(f"{address}/staff/cases/{case.reference}/open/names/")
    assert "/vault/unlock/" in attorney.url
    check_and_accept(attorney, address, case.reference, make.PASSPHRASE)
    case.refresh_from_db()
    assert case.state == State.ACCEPTED
    wait_for_text(phone, case, "accepted")

    # She reads the file; the worker has passed the mother's number on.
    assert "000123456" in read(attorney, address, case, "file")
    wait_for_contact(attorney, case)
    assert MOTHER.phone.replace("-", "")[-7:] in read(attorney, address, case, "contact").replace("-", "")
    phone.goto(f"{address}/handset/")
    handset = phone.inner_text("main")
    assert "612-555-0100" in handset
    assert "Recibimos su solicitud" in handset
    assert "Buenas noticias" in handset
    for word in ("ICE", "abogad", "detenid", "Whipple", "inmigra", MOTHER.names, case.reference):
        assert word not in handset
    status = look_up(phone, address, "es", code)
    assert "The Advocates for Human Rights" in status
    for secret in MOTHER.secrets():
        assert secret not in phone.content()

    # A second case finds AHR full and goes to the next; a third waits.
    file_request(phone, address, "es", SECOND)
    second = Case.objects.exclude(pk=case.pk).get()
    assert Offer.objects.get(case=second, state=OfferState.LIVE).program.provider.code == "BINGER"
    file_request(phone, address, "es", THIRD)
    third = Case.objects.exclude(pk__in=[case.pk, second.pk]).get()
    assert third.state == State.WAITLISTED

    # The coordinator sees why, in sentences.
    coordinator = desk(browser, address, make.member(Role.COORDINATOR, password=PASSWORD))
    coordinator.goto(f"{address}/staff/cases/{second.reference}/")
    assert "AHR (detained full) has 0 points free; this case takes 6." in coordinator.inner_text("main")

    # The acceptance commits money, seen under the reference and never a name.
    follow_acceptances()
    assert Commitment.objects.get().case_reference == case.reference

    # AHR closes its case: the third is offered.
    attorney.goto(f"{address}/staff/cases/{case.reference}/")
    attorney.click("a:has-text('Close with an outcome')")
    attorney.select_option("select[name=outcome]", "habeas_release")
    press(attorney, "main button:has-text('Close')")
    third.refresh_from_db()
    assert third.state == State.OFFERED
    assert Offer.objects.get(case=third, state=OfferState.LIVE).program.provider.code == "AHR"

    # Nothing anybody typed is in either database, in any spelling; every log verifies.
    typed = [*MOTHER.secrets(), *SECOND.secrets(), *THIRD.secrets(), code, code.replace(" ", "")]
    assert dump.leaks(typed) == []
    assert dump.zip_in_columns(MOTHER.zip_code) == []
    assert all(events.broken_links(pk) == [] for pk in Case.objects.values_list("pk", flat=True))
    for secret in typed:
        assert secret not in celery_worker_process.log.read_text()


def test_the_search_for_leaks_finds_one_in_every_spelling() -> None:
    """Without this, "nothing found" could mean that nothing was looked for."""
    import base64

    for alignment in (b"", b"x", b"xy"):
        hidden = base64.b64encode(alignment + "Doña Nadie".encode() + b"zz")
        assert any(spelling in hidden for spelling in dump.spellings("Doña Nadie"))
    assert "Doña Nadie".encode().hex().encode() in dump.spellings("Doña Nadie")


@pytest.mark.django_db(databases=["default", "keys"])
def test_the_search_for_leaks_reads_both_databases_and_bytes() -> None:
    from privacy.models import WrappedKey
    from referrals.models import CoordinatorTask

    now = timezone.now()
    case = make.case(now=now)
    WrappedKey.objects.create(
        document_id=case.pk,
        case_id=case.pk,
        kind="file",
        reader="x",
        reader_key_id=case.pk,
        wrapped=b"Planted In Bytes",
        created_at=now,
    )
    CoordinatorTask.objects.create(case=case, kind="Planted As Text", opened_at=now, due_at=now)
    found = dump.leaks(["Planted In Bytes", "Planted As Text"])
    assert {(alias, word) for alias, _, word in found} == {("keys", "Planted In Bytes"), ("default", "Planted As Text")}
