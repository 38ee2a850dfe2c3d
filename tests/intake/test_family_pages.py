"""The family's way through the web pages, in every turn it can take."""

import time
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from intake.drafts import COOKIE
from intake.models import Draft, NoticeShown
from intake.questions import PAGES
from privacy.models import SealedDocument
from referrals.models import Case, Urgency
from tests.intake.family import SHOWN, STORY, Family, code_on, text

pytestmark = pytest.mark.django_db


def sent_family(language: str = "en", **changes: dict[str, object]) -> tuple[Family, str]:
    family = Family(language)
    code = family.begin()
    family.answer_all(**changes)
    family.send()
    return family, code


@pytest.mark.parametrize("language", ["en", "es", "so", "hmn"])
@pytest.mark.parametrize("path", ["", "right-now/", "before/", "status/", "code/", "sent/", "check/", "ask/taken/"])
def test_every_page_opens_without_a_draft(language: str, path: str) -> None:
    response = Client().get(f"/{language}/{path}")

    assert response.status_code == 200


@pytest.mark.parametrize("path", ["", "right-now/", "ask/taken/"])
def test_pages_that_only_inform_set_no_cookie(path: str) -> None:
    assert not Client().get(f"/en/{path}").cookies


def test_no_draft_is_begun_before_the_notice_is_agreed_to() -> None:
    family = Family("es")
    family.get("before/")
    assert not Draft.objects.exists()

    family.post("before/")

    notice = NoticeShown.objects.get()
    assert (notice.language, notice.channel) == ("es", "web")
    assert notice.draft_id == Draft.objects.get().pk


def test_a_question_without_the_notice_keeps_nothing() -> None:
    response = Family().post("ask/taken/", STORY["taken"])

    assert response.status_code == 410
    assert "/en/before/" in text(response)
    assert not Draft.objects.exists()


def test_a_second_click_on_the_notice_keeps_the_code() -> None:
    family = Family()
    code = family.begin()

    assert family.begin() == code
    assert Draft.objects.count() == 1


@pytest.mark.parametrize("path", ["", "right-now/", "before/", "status/", "code/", "sent/", "check/", "ask/taken/"])
def test_a_head_request_is_answered_and_begins_nothing(path: str) -> None:
    family = Family()
    assert family.client.head(family.url(path)).status_code == 200
    assert not Draft.objects.exists()

    family.begin()

    assert family.client.head(family.url(path)).status_code in (200, 302)
    assert Draft.objects.count() == 1


def test_many_beginnings_from_one_address_get_slower_and_are_never_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)

    for _ in range(12):
        Family().begin()

    assert waited == [0.25, 0.5, 1.0, 2.0, 2.0, 2.0, 2.0]
    assert Draft.objects.count() == 12


def test_beginnings_do_not_count_as_wrong_codes_of_the_same_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    family = Family()
    code = family.begin()
    for _ in range(12):
        Family().begin()

    assert family.post("status/", {"code": code}).status_code == 302


def test_the_cookie_is_out_of_reach_of_scripts_and_dies_with_the_browser() -> None:
    cookie = Family().post("before/").cookies[COOKIE]

    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert not cookie["max-age"]
    assert not cookie["expires"]


def test_the_pages_come_in_order_and_end_at_the_check() -> None:
    family = Family()
    family.begin()
    went = [family.post("code/")["Location"]]

    went += [family.answer(page)["Location"] for page in SHOWN]

    assert went == [*(f"/en/ask/{page}/" for page in SHOWN), "/en/check/"]


def test_needless_questions_are_skipped() -> None:
    family = Family()
    family.begin()

    family.answer_all(taken={"taken": "no"})

    assert family.get("check/").status_code == 200
    for page in ("place", "signed"):
        assert family.get(f"ask/{page}/")["Location"] == "/en/check/"


def test_only_who_is_free_is_asked_what_they_want() -> None:
    family = Family()
    family.begin()
    family.answer_all()
    assert family.get("ask/wish/")["Location"] == "/en/check/"

    family.answer("taken", taken="earlier")

    assert family.answer("place", place="free")["Location"] == "/en/ask/wish/"


def test_every_page_links_back_to_the_one_before() -> None:
    family = Family()
    family.begin()
    family.answer_all()

    backs = [f"/en/ask/{page}/" for page in SHOWN]
    for page, back in zip(SHOWN, ["/en/code/", *backs], strict=False):
        assert f'<a href="{back}">' in text(family.get(f"ask/{page}/"))
    assert f'<a href="{backs[-1]}">' in text(family.get("check/"))


def test_i_dont_know_is_an_answer_wherever_nothing_is_required() -> None:
    family = Family()
    family.begin()
    for page in ("language", "you", "contact", "reach", "consent"):
        family.answer(page)
    family.answer("taken", taken="unknown")
    family.answer("place", place="unknown")
    left_open = [page.name for page in PAGES if page.may_skip and page.name not in ("wish", "income")]
    for page in left_open:
        assert family.post(f"ask/{page}/", {"dont_know": "1"}).status_code == 302
    assert len(left_open) == len(SHOWN) - 8
    assert family.get("check/").status_code == 200
    family.send()

    case = Case.objects.get()
    assert case.case_type == "DET-LOC"


def test_the_check_page_shows_each_answer_and_leads_back_to_it() -> None:
    family = Family()
    family.begin()
    family.answer_all()

    shown = text(family.get("check/"))

    for words in ("Testigo Ficticio Ñandú", "A000 123 456", "(612) 555-0123", "55407", "In the last 3 days"):
        assert words.lower() in shown.lower()
    for page in SHOWN:
        assert f'href="/en/ask/{page}/"' in shown


def test_a_change_leads_back_to_the_check() -> None:
    family = Family()
    family.begin()
    family.answer_all()

    assert family.answer("home", zip_code="55404")["Location"] == "/en/check/"
    assert "55404" in text(family.get("check/"))


def test_a_change_that_opens_a_question_asks_it() -> None:
    family = Family()
    family.begin()
    family.answer_all(taken={"taken": "no"})

    assert family.answer("taken", taken="just_now")["Location"] == "/en/ask/place/"


def test_another_household_asks_for_the_income_again() -> None:
    family = Family()
    family.begin()
    family.answer_all(income={"income": "5500"})

    assert family.answer("household", household="1")["Location"] == "/en/ask/income/"


def test_sending_opens_one_case_and_shows_the_code_again() -> None:
    family, code = sent_family()

    page = family.get("sent/")

    case = Case.objects.get()
    assert case.urgency == Urgency.T0
    assert code_on(page) == code
    assert case.reference in text(page)
    assert "Do not sign anything" in text(page)


def test_sending_twice_opens_one_case() -> None:
    family = Family()
    family.begin()
    family.answer_all()
    shown = text(family.get("check/"))
    assert 'name="revision"' in shown

    first, second = family.post("check/"), family.post("check/")

    assert first["Location"] == "/en/sent/"
    assert second["Location"] == "/en/sent/?again"
    assert Case.objects.count() == 1


def test_an_answer_sent_after_the_end_changes_nothing_and_says_so() -> None:
    family, _code = sent_family()
    documents = SealedDocument.objects.count()

    response = family.post("ask/home/", {"zip_code": "55404"})

    assert response["Location"] == "/en/sent/?again"
    assert "nothing was changed after it" in text(family.get("sent/?again"))
    assert SealedDocument.objects.count() == documents


def test_a_stale_page_does_not_overwrite_a_newer_answer() -> None:
    family = Family()
    family.begin()
    family.answer("taken", taken="no")
    family.answer("home", zip_code="55404")

    stale = family.post("ask/home/", {"zip_code": "55411", "saved_at": "0"})

    assert "another window" in text(stale)
    assert "55411" in text(stale)
    assert "55404" in text(stale)
    assert "55404" in text(family.get("ask/home/"))


def test_answers_changed_in_another_window_are_read_again_before_sending() -> None:
    family = Family()
    family.begin()
    family.answer_all()
    family.get("check/")

    response = family.post("check/", {"revision": "1"})

    assert "Nothing was sent" in text(response)
    assert not Case.objects.exists()


def test_sending_without_all_answers_asks_for_the_missing_one() -> None:
    family = Family()
    family.begin()
    family.answer("language")

    assert family.post("check/")["Location"] == "/en/ask/you/"
    assert not Case.objects.exists()


def test_the_code_resumes_at_the_next_question_in_another_browser() -> None:
    family = Family()
    code = family.begin()
    family.answer("language")

    elsewhere = Family("es")
    response = elsewhere.post("status/", {"code": f" {code[:4]}-{code[4:8]} {code[8:]} "})

    assert response["Location"] == "/es/ask/you/"
    assert elsewhere.answer("you").status_code == 302
    # The first browser's cookie died with the new one.
    assert family.get("ask/you/").status_code == 410


def test_the_code_of_a_sent_request_shows_its_state_and_never_a_name() -> None:
    _family, code = sent_family()

    shown = text(Family().post("status/", {"code": code}))

    assert Case.objects.get().reference in shown
    for typed in ("Testigo", "Madre", "555-0123", "000123456", "55407"):
        assert typed not in shown


def test_an_expired_draft_says_so_and_offers_a_new_start() -> None:
    family = Family()
    family.begin()
    with time_machine.travel(timezone.now() + timedelta(days=8), tick=False):
        response = family.get("ask/taken/")

    assert response.status_code == 410
    assert "kept for 7 days" in text(response)
    assert 'href="/en/before/"' in text(response)


@pytest.mark.parametrize("cookie", ["x", "é", "A" * 64, "=" * 10, "A" * 5000])
def test_a_broken_cookie_is_no_draft(cookie: str) -> None:
    family = Family()
    family.client.cookies[COOKIE] = cookie

    assert family.get("ask/taken/").status_code in (200, 410)


def test_leaving_takes_the_cookie_and_keeps_the_draft() -> None:
    family = Family()
    code = family.begin()
    family.answer("language")

    response = family.post("leave/")

    assert response["Clear-Site-Data"]
    assert not response.cookies[COOKIE].value
    assert Family().post("status/", {"code": code})["Location"] == "/en/ask/you/"


def test_an_unknown_question_is_not_found() -> None:
    family = Family()
    family.begin()

    assert family.get("ask/secret/").status_code == 404


def test_the_last_page_is_gone_after_a_day() -> None:
    family, _code = sent_family()
    with time_machine.travel(timezone.now() + timedelta(days=1, minutes=1), tick=False):
        response = family.get("sent/")

    assert response.status_code == 410
