"""A coordinator fills the family's pages on the phone: the notice first, the same questions, the code read out."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.roles import Role
from intake import phone
from intake.actions import NOTICE_VERSION
from intake.calls import cookie_name
from intake.drafts import COOKIE
from intake.models import Draft, NoticeShown
from intake.questions import PAGES
from notifications.models import Contact
from privacy import vault
from privacy.models import DocumentKind
from referrals.models import Case, CaseEvent, Channel
from tests import factories
from tests.intake.calling import START, Call, a_sent_call, section_with, sections_until_contact
from tests.intake.family import STORY, Family, code_on, text
from tests.services.vault_keys import keys_for

pytestmark = pytest.mark.django_db

# Eight minutes at the desk leave no more.
MOST_PRESSES = 25


def test_every_question_of_the_family_is_asked_once_and_a_safe_contact_first() -> None:
    asked = [page.name for section in phone.SECTIONS for page in section.pages]

    assert sorted(asked) == sorted(page.name for page in PAGES)
    assert phone.SECTIONS[: len(sections_until_contact())] == tuple(sections_until_contact())


@pytest.mark.parametrize("language", ["en", "es", "so", "hmn", "other"])
def test_the_notice_stands_to_be_read_aloud_in_every_language(language: str) -> None:
    call = Call(language)
    shown = text(call.get(f"{START}?language={language}"))

    assert f'<section class="say" lang="{"en" if language == "other" else language}"' in shown
    # The English stands on every page, for the coordinator and for an interpreter.
    assert "We are not the police, not ICE and not the City" in shown
    if language == "es":
        assert "No somos la policía" in shown
    if language == "other":
        assert "interpreter onto the line" in shown
    assert not Draft.objects.exists()


@pytest.mark.parametrize("missing", [{"agreed": ""}, {"version": "2020-01-1"}, {"version": ""}])
def test_without_the_yes_to_these_very_words_nothing_begins(missing: dict[str, str]) -> None:
    call = Call("es")
    response = call.begin(**missing)

    assert response.status_code == 200
    assert not Draft.objects.exists()
    assert not NoticeShown.objects.exists()
    assert not [name for name in response.cookies if "phone" in name]


@pytest.mark.parametrize("path", ["check/", "cut/", "sent/", *(f"{page.name}/" for page in PAGES)])
def test_no_page_of_a_call_opens_without_the_notice(path: str) -> None:
    call = Call()
    made_up = f"{START}{uuid4()}/{path}"

    assert call.get(made_up).status_code == 404
    assert call.post(made_up, {"page": "home", "zip_code": "55407"}).status_code == 404
    assert not Draft.objects.exists()


def test_a_familys_own_draft_is_no_call() -> None:
    family = Family()
    family.begin()
    draft = Draft.objects.get()
    call = Call()
    call.client.cookies[cookie_name(draft.pk)] = family.client.cookies[COOKIE].value

    assert call.get(f"{START}{draft.pk}/check/").status_code == 404


def test_the_yes_is_kept_with_its_witness() -> None:
    call = Call("es")
    before = timezone.now()
    call.begin(is_interpreted="on")

    notice = NoticeShown.objects.get()
    assert (notice.version, notice.language, notice.channel) == (NOTICE_VERSION, "es", Channel.PHONE)
    assert notice.witness_user_id == call.user.pk
    assert notice.is_interpreted
    assert before <= notice.shown_at <= timezone.now()


def test_an_unknown_language_is_not_found() -> None:
    assert Call().get(f"{START}?language=xx").status_code == 404


def test_the_whole_way_makes_a_case_by_phone_of_this_coordinator() -> None:
    call = Call("es")
    call.begin()
    assert call.answer_all()["Location"] == f"{call.path}check/"
    assert STORY["person"]["names"] in text(call.get(f"{call.path}check/"))

    call.submit()

    case = Case.objects.get()
    assert (case.channel, case.language) == (Channel.PHONE, "es")
    opened = CaseEvent.objects.get(case=case, kind="open")
    assert (opened.user_id, opened.role) == (call.user.pk, Role.COORDINATOR)
    assert opened.detail["channel"] == Channel.PHONE
    assert NoticeShown.objects.get(case_id=case.pk).witness_user_id == call.user.pk
    contact = vault.open_document(vault.latest(case.pk, DocumentKind.CONTACT)[0], keys=keys_for("hotline"))
    assert contact["phone"] == "+16125550123"


def test_the_same_answers_make_the_same_case_as_on_the_web() -> None:
    family = Family()
    family.begin()
    family.answer_all()
    family.send()
    a_sent_call()

    web, by_phone = Case.objects.get(channel=Channel.WEB), Case.objects.get(channel=Channel.PHONE)
    for verdict in ("case_type", "urgency", "custody", "residency", "income", "state", "part_of_city"):
        assert getattr(web, verdict) == getattr(by_phone, verdict), verdict


def test_a_full_request_takes_few_presses() -> None:
    call = a_sent_call("es")
    call.post(f"{call.path}sent/", {})

    # The language is one more: a link.
    assert call.presses + 1 == len(phone.SECTIONS) + 4
    assert call.presses + 1 <= MOST_PRESSES


def test_each_question_stands_in_english_and_in_the_familys_language() -> None:
    call = Call("es")
    call.begin()
    shown = text(call.get(f"{call.path}taken/"))

    assert "Did ICE or the police take your person?" in shown
    assert '<div class="say" lang="es">' in shown
    said = "".join(re.findall(r'<div class="say" lang="es">(.*?)</div>', shown, re.DOTALL))
    assert "ICE" in said
    assert "Did ICE" not in said
    assert "Yes, in the last 3 days" not in said


def test_the_texts_start_in_the_language_of_the_call() -> None:
    call = Call("so")
    call.begin()
    chosen = re.search(r'name="text_language" value="so"[^>]*checked', text(call.get(f"{call.path}reach/")))

    assert chosen


def test_english_is_read_as_it_stands() -> None:
    call = Call()
    call.begin()

    assert 'class="say"' not in text(call.get(f"{call.path}taken/"))


def test_the_page_says_how_long_the_call_has_taken() -> None:
    call = Call()
    call.begin()
    with time_machine.travel(timezone.now() + timedelta(minutes=5, seconds=10), tick=False):
        assert "5 of about 8 minutes" in text(call.get(f"{call.path}home/"))


def test_any_question_can_be_jumped_to() -> None:
    call = Call()
    call.begin()
    shown = text(call.get(f"{call.path}contact/"))

    for section in phone.SECTIONS:
        for page in section.pages:
            if page.shown({}):
                assert f'href="{call.path}{page.name}/#page-{page.name}"' in shown


def test_a_mistake_keeps_all_that_was_typed_and_saves_the_rest() -> None:
    call = Call()
    call.begin()
    home = section_with("home")
    response = call.send(home, zip_code="not a zip", household="4")

    shown = text(response)
    assert response.status_code == 200
    assert 'value="not a zip"' in shown
    assert re.search(r'name="household" value="4"|value="4"[^>]*name="household"', shown)
    assert 'role="alert"' in shown
    assert "ZIP code has 5 numbers" in shown


def test_dont_know_leaves_one_page_open_and_saves_the_others() -> None:
    call = Call()
    call.begin()
    home = section_with("home")
    last = home.pages[-1].name

    response = call.send(home, {"dont_know": last}, zip_code="55404")

    assert response.status_code == 302
    assert "55404" in text(call.get(f"{call.path}home/"))


def test_dont_know_on_one_page_does_not_complain_of_a_page_nobody_touched() -> None:
    call = Call()
    call.begin()
    held = section_with("person")
    names = [page.name for page in held.pages if page.shown({})]
    response = call.post(f"{call.path}{names[0]}/", {"page": names, "dont_know": "person"})

    assert response.status_code == 200
    assert "error-summary" not in text(response)


def test_a_page_answered_newer_in_another_tab_is_not_overwritten() -> None:
    call = Call()
    call.begin()
    call.send(section_with("home"), zip_code="55404")

    names = [page.name for page in section_with("home").pages]
    stale = {f"saved_at-{name}": "0" for name in names}
    typed = {key: value for name in names for key, value in STORY[name].items()}
    response = call.post(f"{call.path}home/", typed | stale | {"page": names, "zip_code": "55411"})

    assert "another tab" in text(response)
    assert "55404" in text(response)
    assert "55411" in text(response)
    assert 'value="55404"' in text(call.get(f"{call.path}home/"))


def test_two_calls_in_two_tabs_do_not_mix() -> None:
    first = Call()
    first.begin()
    second = Call(user=first.user, client=first.client)
    second.begin()
    first.answer_all(zip_code="55404")
    second.answer_all(zip_code="55411")

    assert "55411" not in text(first.get(f"{first.path}check/"))
    assert "55404" not in text(second.get(f"{second.path}check/"))
    first.submit()
    second.submit()
    codes = {code_on(call.get(f"{call.path}sent/")) for call in (first, second)}
    assert len(codes) == 2
    assert Case.objects.count() == 2


def test_a_call_never_mixes_with_a_familys_draft_in_the_same_browser() -> None:
    call = Call()
    call.begin()
    call.client.post("/en/before/")

    assert "/en/ask/" in call.client.post("/en/code/")["Location"]
    call.send(section_with("home"), zip_code="55404")
    assert "55404" not in text(call.get("/en/ask/home/"))


def test_another_coordinator_cannot_open_the_call_even_with_its_cookie() -> None:
    call = a_sent_call()
    other = Call()
    for name, cookie in call.client.cookies.items():
        if "phone" in name:
            other.client.cookies[name] = cookie.value

    for path in ("check/", "cut/", "sent/", "home/"):
        response = other.get(call.path + path)
        assert response.status_code == 404
        assert Case.objects.get().reference not in text(response)


def test_without_the_cookie_the_call_is_closed_to_its_own_coordinator() -> None:
    call = Call()
    call.begin()
    elsewhere = factories.client_of(call.user, unlocked=False)

    assert elsewhere.get(f"{call.path}home/").status_code == 404


@pytest.mark.parametrize("role", [Role.PROVIDER_STAFF, Role.PROVIDER_LEAD, Role.FUNDER, Role.AUDITOR, Role.FINANCE])
def test_other_roles_take_no_calls(role: Role) -> None:
    call = Call()
    call.begin()
    client = factories.client_of(factories.member(role), unlocked=False)

    for path in (START, f"{call.path}home/", f"{call.path}check/", f"{call.path}cut/", f"{call.path}sent/"):
        assert client.get(path).status_code == 403
        assert client.post(path).status_code == 403
    assert Client().get(START).status_code == 302
    assert Client().get(f"{call.path}sent/").status_code == 302


def test_only_who_takes_calls_is_led_to_the_form() -> None:
    link = 'href="/staff/cases/new/"'

    assert link in text(factories.client_of(factories.member(Role.HOTLINE_LEAD)).get("/staff/cases/"))  # type: ignore[arg-type]
    assert link not in text(factories.client_of(factories.member(Role.AUDITOR)).get("/staff/cases/"))  # type: ignore[arg-type]


def test_nothing_of_a_call_stands_in_the_session_or_an_address() -> None:
    call = a_sent_call()
    kept = str(dict(call.client.session.items()))

    for secret in ("Testigo", "Madre", "555", "55407", call.path.split("/")[-2]):
        assert secret not in kept


def test_sending_twice_makes_one_case() -> None:
    call = Call()
    call.begin()
    call.answer_all()
    call.submit()

    again = call.post(f"{call.path}check/", {"revision": "1"})

    assert again["Location"] == f"{call.path}sent/?again"
    assert "sent only once" in text(call.get(again["Location"]))
    assert Case.objects.count() == 1


def test_an_answer_changed_in_another_tab_is_read_back_before_sending() -> None:
    call = Call()
    call.begin()
    call.answer_all()

    response = call.post(f"{call.path}check/", {"revision": "1"})

    assert "Nothing was sent" in text(response)
    assert not Case.objects.exists()


def test_a_phone_that_someone_sees_who_must_not_know_gets_no_texts() -> None:
    call = Call()
    call.begin()
    call.answer_all(shared="must_not_know", may_text="yes")
    call.submit()

    assert not Contact.objects.get().may_text


def test_every_page_works_with_a_head_request() -> None:
    call = Call()
    call.begin()

    for path in (START, f"{call.path}home/", f"{call.path}check/", f"{call.path}cut/", f"{call.path}sent/"):
        assert call.client.head(path).status_code in (200, 302)


def test_an_unknown_question_is_not_found() -> None:
    call = Call()
    call.begin()

    assert call.get(f"{call.path}secret/").status_code == 404
