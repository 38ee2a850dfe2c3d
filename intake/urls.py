"""Family pages under `/<lang>/`, the sealed file under `/staff/cases/`, the search; config/urls.py includes all."""

from django.urls import path
from django.urls.resolvers import URLPattern

from intake.views import (
    advice,
    call_back,
    changes,
    codes,
    demands,
    duplicates,
    family,
    hand_over,
    new_file,
    notes,
    phone,
    receipt,
    rights,
    search,
    staff,
    status,
    texts,
)

family_urls: tuple[list[URLPattern], str] = (
    [
        path("", family.start, name="start"),
        path("right-now/", family.right_now, name="right_now"),
        path("advice/", advice.choose, name="advice"),
        path("advice/<slug:name>/", advice.situation, name="advice_on"),
        path("before/", family.before, name="before"),
        path("code/", family.code, name="code"),
        path("ask/<slug:page_name>/", family.ask, name="ask"),
        path("check/", family.check, name="check"),
        path("sent/", family.sent, name="sent"),
        path("sent/receipt/", receipt.page, name="receipt"),
        path("sent/receipt.pdf", receipt.pdf, name="receipt_pdf"),
        path("status/", status.status, name="status"),
        path("status/lost/", status.lost, name="code_lost"),
        path("status/yours/", status.yours, name="yours"),
        path("status/yours/change/", changes.change, name="change"),
        path("status/yours/change/<slug:page_name>/", changes.change_page, name="change_page"),
        path("status/yours/back/", rights.take_back, name="take_back"),
        path("status/yours/stop/", rights.stop, name="stop"),
        path("status/yours/data/", rights.data, name="data"),
        path("legal-demands/", demands.legal_demands, name="legal_demands"),
        path("legal-demands/list/", demands.published, name="published_list"),
        path("leave/", family.leave, name="leave"),
    ],
    "intake",
)
staff_urls: tuple[list[URLPattern], str] = (
    [
        path("new/", phone.start, name="phone"),
        path("new/<uuid:draft_id>/check/", phone.check, name="phone_check"),
        path("new/<uuid:draft_id>/cut/", phone.cut, name="phone_cut"),
        path("new/<uuid:draft_id>/sent/", phone.sent, name="phone_sent"),
        path("new/<uuid:draft_id>/<slug:page_name>/", phone.ask, name="phone_ask"),
        path("<reference:reference>/open/<slug:kind>/", staff.open_document, name="open"),
        path("<reference:reference>/answers/", staff.answers, name="answers"),
        path("<reference:reference>/note/", notes.write_note, name="note"),
        path("<reference:reference>/texts/", texts.thread, name="texts"),
        path("<reference:reference>/alike/", search.alike, name="alike"),
        path("<reference:reference>/duplicates/", duplicates.duplicates, name="duplicates"),
        path("<reference:reference>/new-code/", codes.new_code, name="new_code"),
        path("<reference:reference>/new-file/", new_file.new_file, name="new_file"),
        path("<reference:reference>/hand-over/", hand_over.hand_over, name="hand_over"),
    ],
    "intake_staff",
)
search_urls: tuple[list[URLPattern], str] = ([path("", search.search_page, name="page")], "intake_search")
call_urls: tuple[list[URLPattern], str] = (
    [
        path("", call_back.desk, name="desk"),
        path("my-phone/", call_back.own_phone, name="own_phone"),
        path("<reference:reference>/", call_back.script, name="script"),
        path("<reference:reference>/take/", call_back.claim, name="claim"),
        path("<reference:reference>/call/<uuid:contact_id>/", call_back.call, name="call"),
        path("<reference:reference>/tried/", call_back.attempt, name="attempt"),
    ],
    "call_back",
)
