"""What kind of data every field of every model holds: the one table behind "everything we could hand over".

A field that nobody classified fails the tests, and so does one that tells of a family and is not sealed. Models are
named by label, because this package knows none of those above it.
"""

from enum import StrEnum


class Level(StrEnum):
    """How much a field tells; P2 and P3 exist as sealed bytes only."""

    P0 = "public"
    P1 = "operational: codes, ids and times"
    P2 = "contact of a family"
    P3 = "identity or story of a family, and keys to it"
    S = "staff"


def _fields(**levels: str) -> dict[str, Level]:
    return {name: Level[level] for level, names in levels.items() for name in names.split()}


_DATED = "id valid_from valid_to source"

REGISTRY: dict[str, dict[str, Level]] = {
    "accounts.membership": _fields(S="id user organization role"),
    "accounts.organization": _fields(P0="id slug name kind is_active"),
    "accounts.user": _fields(S="id password last_login is_superuser email name is_active is_staff date_joined"),
    "accounts.user_groups": _fields(S="id user group"),
    "accounts.user_user_permissions": _fields(S="id user permission"),
    "funding.commitment": _fields(
        P1="id case_id case_reference provider grant stage cents state accepted_event committed_at"
    ),
    "funding.disbursement": _fields(P1="id commitment entry paid_on recorded_by_user_id"),
    "funding.grant": _fields(P1="id funder name award_cents committed_cents starts_on ends_on"),
    "funding.journalentry": _fields(P1="id posted_on description posted_by_user_id reverses created_at"),
    "funding.journalline": _fields(P1="id entry account grant provider debit_cents credit_cents"),
    "funding.release": _fields(P0="id quarter table sha256 made_at"),
    "funding.releaseddisbursement": _fields(P1="id release disbursement"),
    "funding.stageprice": _fields(P0=f"{_DATED} case_type stage cents"),
    "intake.draft": _fields(P1="id language revision submitted_at expires_at created_at", P3="sealed"),
    "intake.noticeshown": _fields(P1="id draft_id case_id version language channel shown_at"),
    "notifications.contact": _fields(
        P1="id case_id language may_text may_call any_hour phone_is_shared opted_out_at created_at"
    ),
    "notifications.handsettext": _fields(P1="id message arrived_at", P2="sealed"),
    "notifications.heartbeat": _fields(P1="name at"),
    "notifications.message": _fields(
        P1="id contact case_id template trigger language is_urgent state reason attempts send_after created_at"
        " state_since carrier_id error_code"
    ),
    "privacy.draftkey": _fields(P1="draft_id created_at", P3="under_code under_cookie"),
    "privacy.keydestruction": _fields(P1="id case_id kinds keep_readers created_at carried_out_at"),
    "privacy.returncode": _fields(P1="id draft_id case_id created_at expires_at", P3="lookup_id"),
    "privacy.sealeddocument": _fields(P1="id case_id kind subject version created_at", P3="sealed"),
    "privacy.wrappedkey": _fields(P1="id document_id case_id kind reader created_at", P3="wrapped"),
    "providers.casetype": _fields(P0=f"{_DATED} code meaning plain_name points detained list_code lsc_code"),
    "providers.offerplace": _fields(P0=f"{_DATED} case_type position program limited_scope"),
    "providers.program": _fields(
        P0="id provider kind languages takes_minors", P1="ceiling in_use paused_at last_offer_at room_changed_at"
    ),
    "providers.provider": _fields(
        P0="id organization code name is_primary public_phone source opens_at closes_at has_on_call is_active"
    ),
    "referrals.case": _fields(
        P1="id reference channel language state state_since state_due_at opened_at closed_at outcome case_type"
        " secondary_types triage_rule urgency urgency_reason custody facility part_of_city is_minor taken_on"
        " next_deadline next_deadline_code screening screening_due_at residency income referred_to duplicate_of"
    ),
    "referrals.caseevent": _fields(
        P1="id case sequence kind from_state to_state role user_id organization_id at detail previous_hash hash"
    ),
    "referrals.coordinatortask": _fields(P1="id case kind opened_at due_at done_at done_by_user_id"),
    "referrals.custodyperiod": _fields(P1="id case custody facility since"),
    "referrals.facility": _fields(P0=f"{_DATED} code name custody us_state circuit"),
    "referrals.incomeline": _fields(P0=f"{_DATED} first_person each_additional percent"),
    "referrals.offer": _fields(
        P1="id case program state case_type points limited_scope is_provisional made_by_hand offered_at expires_at"
        " answered_at decline_reason room_released_at"
    ),
    "referrals.referralpartner": _fields(P0=f"{_DATED} code name phone helps_with"),
    "referrals.residencyzip": _fields(P0=f"{_DATED} zip_code verdict part_of_city"),
    "referrals.routingdecision": _fields(P1="id case at chosen made_by_hand case_type urgency points candidates seed"),
    "referrals.triagerule": _fields(P0=f"{_DATED} position code secondary condition sentence ask"),
    # Other people's models.
    "account.emailaddress": _fields(S="id user email verified primary"),
    "account.emailconfirmation": _fields(S="id email_address created sent key"),
    "admin.logentry": _fields(S="id action_time user content_type object_id object_repr action_flag change_message"),
    "auth.group": _fields(P1="id name"),
    "auth.group_permissions": _fields(P1="id group permission"),
    "auth.permission": _fields(P0="id name content_type codename"),
    "contenttypes.contenttype": _fields(P0="id app_label model"),
    # A family's session holds the id of its draft and the cookie's half of nothing: no answer, no code.
    "sessions.session": _fields(S="session_key session_data expire_date"),
}
