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

    @property
    def is_sealed(self) -> bool:
        """Whether fields of this level are noise to whoever has the databases and no reader's key."""
        return self in (Level.P2, Level.P3)


def _fields(**levels: str) -> dict[str, Level]:
    return {name: Level[level] for level, names in levels.items() for name in names.split()}


_DATED = "id valid_from valid_to source"

REGISTRY: dict[str, dict[str, Level]] = {
    "accounts.invitation": _fields(
        S="id organization email role token_hash invited_by created_at expires_at accepted_at withdrawn_at"
    ),
    "accounts.membership": _fields(S="id user organization role"),
    "accounts.organization": _fields(P0="id slug name kind is_active"),
    "accounts.peopleevent": _fields(S="id organization kind by about at"),
    "accounts.user": _fields(S="id password last_login is_superuser email name is_active is_staff date_joined"),
    "accounts.user_groups": _fields(S="id user group"),
    "accounts.user_user_permissions": _fields(S="id user permission"),
    "funding.accountingmonth": _fields(P1="id first_day is_closed closed_at closed_by_user_id"),
    "funding.administrationcost": _fields(
        P1="id grant cents spent_on state asked_by_user_id asked_at decided_by_user_id decided_at entry"
    ),
    "funding.agreementprice": _fields(P1="id agreement stage cents"),
    "funding.allowance": _fields(
        P1="id kind case_id case_reference provider cents reason state raised_cents asked_by_user_id asked_at "
        "decided_at"
    ),
    "funding.approval": _fields(P1="id invoice allowance bond sha256 role funder user_id prepared_by_user_id at"),
    "funding.bankline": _fields(P1="id statement line booked_on cents outcome item"),
    "funding.bankstatement": _fields(P1="id sha256 known_lines imported_by_user_id imported_at"),
    "funding.bond": _fields(
        P1="id pool case_reference provider cents payer_cents receipt state asked_by_user_id asked_at posted_on "
        "ended_on"
    ),
    "funding.budgetline": _fields(P1="id grant name cost_type cents committed_cents"),
    "funding.caseaccount": _fields(P1="case_id case_reference cap_cents committed_cents"),
    "funding.casesplit": _fields(P1="id case_id case_reference grant percent set_by_user_id set_at"),
    "funding.commitment": _fields(
        P1="id case_id case_reference provider grant stage cents state accepted_event committed_at cost_type case_type "
        "is_held is_resident expires_on is_over_cap"
    ),
    "funding.commitmentshare": _fields(P1="id commitment grant budget_line cents"),
    "funding.disbursement": _fields(P1="id commitment entry paid_on recorded_by_user_id"),
    "funding.countedfact": _fields(P1="id release fact"),
    "funding.failedevent": _fields(P0="event_id"),
    "funding.followedevent": _fields(P1="event_id at"),
    "funding.grant": _fields(
        P1="id funder name award_cents committed_cents starts_on ends_on kind case_types cost_types custody "
        "residents_only admin_cap_percent admin_cents budgeted_cents returned_cents "
        "end_told_on closed_out_on"
    ),
    "funding.invoice": _fields(
        P1="id provider number state revision created_by_user_id changed_by_user_id created_at submitted_at "
        "approved_at approved_sha256 return_reason payee payee_name sent_before"
    ),
    "funding.invoiceline": _fields(P1="id invoice commitment case_reference stage worked_on cents is_live"),
    "funding.invoicemaker": _fields(P1="id invoice user_id"),
    "funding.journalentry": _fields(P1="id posted_on description posted_by_user_id line_count reverses created_at"),
    "funding.journalline": _fields(P1="id entry account grant provider cost_type debit_cents credit_cents"),
    "funding.moneyrule": _fields(
        P0=f"{_DATED} case_cap_cents commitment_days days_after_close days_after_grant_end funder_signature_cents "
        "funder_signature_days"
    ),
    "funding.paidline": _fields(P1="id item line entry"),
    "funding.paymentfile": _fields(P1="id number pays_on cents content sha256 made_by_user_id made_at"),
    "funding.paymentitem": _fields(P1="id file invoice trace cents returned_on"),
    "funding.provideragreement": _fields(P1=f"{_DATED} provider payee"),
    "funding.release": _fields(P0="id quarter level reasons made_at previous_sha256 sha256"),
    "funding.askedrelease": _fields(P1="id quarter state asked_by_user_id asked_at started_at tries ended_at reason"),
    "funding.releasedocument": _fields(P1="id release edition format content sha256"),
    "funding.publicpageswitch": _fields(P1="id is_on switched_at switched_by_user_id"),
    "funding.releasemail": _fields(S="id release user mailed_at"),
    "funding.releasemailwish": _fields(S="id user is_wanted said_at"),
    "funding.stageprice": _fields(P0=f"{_DATED} case_type stage cents"),
    "funding.waitinglink": _fields(P1="id release reader waiting lowest highest above below"),
    "intake.correction": _fields(P1="id case_id page contact_id sent_at settled_at"),
    "intake.draft": _fields(P1="id language revision submitted_at expires_at created_at", P3="sealed"),
    "intake.likelyduplicate": _fields(P1="id one other matched_by state found_at decided_at decided_by_user_id"),
    "intake.noticeshown": _fields(
        P1="id draft_id case_id version language channel witness_user_id is_interpreted shown_at"
    ),
    "intake.pastcall": _fields(P1="id sid_hash on"),
    "intake.phonecall": _fields(
        P1="id sid_hash language step turn before resume misses silences from_detention has_agreed may_keep_phone"
        " has_phone draft_id case_id contact_id check_state checks shown_case_id began_at heard_at ended_at",
        P3="sealed",
    ),
    "intake.promptrecording": _fields(
        P0="id name language audio content_type words_hash",
        P1="uploaded_at uploaded_by_user_id approved_at approved_by_user_id",
    ),
    "notifications.contact": _fields(
        P1="id case_id language may_text may_call may_email any_hour time_zone phone_is_shared opted_out_at started_at"
        " created_at"
    ),
    "notifications.handsetreply": _fields(P1="id message sent_at", P2="sealed"),
    "notifications.carrierreport": _fields(P1="id message carrier_id status error_code at"),
    "notifications.handsettext": _fields(P1="id message arrived_at", P2="sealed"),
    "notifications.heartbeat": _fields(P1="name at"),
    "notifications.inboundtext": _fields(P1="id wish is_urgent received_at counted_at is_news tries", P2="sealed"),
    "notifications.message": _fields(
        P1="id contact case_id template trigger language is_urgent state reason attempts times_returned times_asked"
        " tried_at send_after created_at state_since carrier_id error_code removed_at about_at words_id channel"
        " cancelled_reason"
    ),
    "notifications.numberfault": _fields(P1="contact error_code since"),
    "notifications.operatorpage": _fields(P1="id error_code template at mailed_at"),
    "notifications.sender": _fields(P0="number", P1="next_turn_at"),
    "notifications.sendingstop": _fields(
        P1="id template reason placed_at placed_by_user_id lifted_at lifted_by_user_id"
    ),
    "notifications.takentext": _fields(P1="id on"),
    "notifications.receivedtext": _fields(P1="id inbound_id contact wish is_urgent received_at"),
    "privacy.blindindex": _fields(P1="id case_id purpose value"),
    "privacy.codevisit": _fields(P1="id code expires_at", P3="token_hash"),
    "privacy.draftkey": _fields(P1="draft_id created_at", P3="under_code under_cookie"),
    "privacy.holderkey": _fields(P1="id public salt memory_cost time_cost created_at", P3="private", S="holder"),
    "privacy.indexkeygrant": _fields(P1="reader_key_id created_at", P3="sealed"),
    "privacy.keydestruction": _fields(
        P1="id case_id reason kinds readers keep_readers ends_case created_at due_at carried_out_at cancelled_at"
    ),
    "privacy.keygrant": _fields(P1="id reader_key_id holder vouched created_at", P3="sealed"),
    "privacy.keytombstone": _fields(P1="sequence case_hash at reason destroyed previous_hash hash"),
    "privacy.legalhold": _fields(P1="id case_id demand_id placed_at placed_by_user_id lifted_at lifted_by_user_id"),
    "privacy.readerkey": _fields(P1="id reader public created_at retired_at rotation_wanted_at"),
    "privacy.returncode": _fields(
        P1="taken_back_at id draft_id case_id first_case_id contact_id created_at expires_at", P3="lookup_id"
    ),
    "privacy.sealeddocument": _fields(P1="id case_id kind subject version created_at", P3="sealed"),
    "privacy.tombstone": _fields(P1="sequence case_hash at reason destroyed previous_hash hash"),
    "privacy.wrappedkey": _fields(P1="id document_id case_id kind reader reader_key_id created_at", P3="wrapped"),
    "providers.casetype": _fields(P0=f"{_DATED} code meaning plain_name points detained list_code lsc_code"),
    "providers.closure": _fields(P0="id program name first_day last_day"),
    "providers.offerplace": _fields(P0=f"{_DATED} case_type position program limited_scope"),
    "providers.program": _fields(
        P0="id provider kind languages takes_minors us_states circuits published_free published_at",
        P1="ceiling in_use paused_at paused_until weekly_limit week week_count last_offer_at room_changed_at",
    ),
    "providers.provider": _fields(
        P0="id organization code name is_primary public_phone source opens_at closes_at has_on_call is_active"
    ),
    "referrals.assignment": _fields(P1="id case organization user_id since"),
    "referrals.case": _fields(
        P1="id reference channel language state state_since state_due_at opened_at closed_at outcome case_type"
        " secondary_types triage_rule urgency urgency_reason urgency_without_clocks urgency_reason_without_clocks"
        " said_urgent_at custody facility part_of_city is_minor taken_on"
        " next_deadline next_deadline_code screening screening_due_at residency income referred_to duplicate_of"
        " continues"
    ),
    "referrals.calendarfeed": _fields(S="id user token_hash made_at"),
    "referrals.casedeadline": _fields(
        P1="id case code rule from_answers trigger_on trigger_at raw due safe_by ends_at entered_at entered_role"
        " changed_at met_at dropped_at"
    ),
    "referrals.caseevent": _fields(
        P1="id case sequence kind from_state to_state role user_id organization_id at detail previous_hash hash"
    ),
    "referrals.certificationrequest": _fields(
        P1="id case agency requested_on in_removal expedite_asked city_due state_due desk held_by_user_id reminded_on"
        " good_cause_on certified_on signed_on runs_out_on filed_on refused_on withdrawn_on entered_at"
        " entered_by_user_id late_told_for ends_told_at"
    ),
    "referrals.cliniccasetype": _fields(P0=f"{_DATED} case_type"),
    "referrals.clinicseat": _fields(P1="id session case state booked_at freed_at"),
    "referrals.clinicsession": _fields(
        P0="id provider held_on starts_at ends_at place address seats languages case_types status", P1="seats_taken"
    ),
    "referrals.caseread": _fields(P1="id user case read_through"),
    "referrals.conflicthold": _fields(P1="id case provider at user_id lifted_at"),
    "referrals.coordinatortask": _fields(P1="id case kind opened_at due_at done_at done_by_user_id"),
    "referrals.custodyperiod": _fields(P1="id case custody facility since"),
    "referrals.deadlinerule": _fields(
        P0=f"{_DATED} code trigger starts n unit roll actor days_early meaning note status status_on"
    ),
    "referrals.callattempt": _fields(P1="id case user_id outcome at"),
    "referrals.dutymail": _fields(P1="id case kind user_id made_at mailed_at"),
    "referrals.dutypage": _fields(
        P1="id case user_id rung made_at tried_at texted_at text_id rang_at ring_id answered_at answered_by_user_id"
    ),
    "referrals.dutyphone": _fields(S="id user phone"),
    "referrals.dutyshift": _fields(S="id user begins_at ends_at rank"),
    "referrals.facility": _fields(
        P0=f"{_DATED} code name custody us_state circuit phone takes_calls call_vendor legal_calls mail visits"
        " messages_are_private"
    ),
    "referrals.incomeline": _fields(P0=f"{_DATED} first_person each_additional percent hardship_percent"),
    "referrals.legaldemand": _fields(
        P1="id received_on kind served_on answer_due_on gagged state entered_at entered_by_user_id advice reviewed_at"
        " reviewed_by_user_id first_release_at first_release_by_user_id second_release_at second_release_by_user_id"
        " ended_at ended_by_user_id asks_for_all"
    ),
    "referrals.legaldemand_cases": _fields(P1="id legaldemand case"),
    "referrals.locatorcheck": _fields(P1="id case checked_at checked_by_user_id looked_at result facility us_state"),
    "referrals.offer": _fields(
        P1="id case program state case_type points limited_scope is_provisional made_by_hand offered_at expires_at"
        " no_conflict_at no_conflict_by_user_id answered_at decline_reason file_follows contact_shared_at"
        " handed_over_at room_released_at"
    ),
    "referrals.openingalert": _fields(
        P1="id organization kind user_id case openings at mailed_at seen_at seen_by_user_id"
    ),
    "referrals.providerdigest": _fields(P1="id provider day mailed_at"),
    "referrals.providermail": _fields(P1="id offer kind made_at mailed_at"),
    "referrals.referralpartner": _fields(P0=f"{_DATED} code name phone helps_with helps_outside_city"),
    "referrals.residencyzip": _fields(P0=f"{_DATED} zip_code verdict part_of_city"),
    "referrals.retentionrule": _fields(P0=f"{_DATED} code trigger kinds readers days ends_case"),
    "referrals.roomdifference": _fields(
        P1="id program stored_points counted_points stored_in_week counted_in_week at mailed_at seen_at seen_by_user_id"
    ),
    "referrals.routingdecision": _fields(P1="id case at chosen made_by_hand case_type urgency points candidates seed"),
    "referrals.urgencyrule": _fields(P0=f"{_DATED} position tier reason condition sentence"),
    "referrals.savedfilter": _fields(S="id user name filters"),
    "referrals.stage": _fields(P0=f"{_DATED} code name position case_types first_for"),
    "referrals.stagestart": _fields(P1="id case stage provider offer started_at started_by_user_id ended_at"),
    "referrals.triagerule": _fields(P0=f"{_DATED} position code secondary condition sentence ask only_adds deadlines"),
    "referrals.warmreferral": _fields(P1="id case partner at by_user_id outcome outcome_at outcome_by_user_id"),
    # Other people's models.
    "account.emailaddress": _fields(S="id user email verified primary"),
    "account.emailconfirmation": _fields(S="id email_address created sent key"),
    "admin.logentry": _fields(S="id action_time user content_type object_id object_repr action_flag change_message"),
    "auth.group": _fields(P1="id name"),
    "auth.group_permissions": _fields(P1="id group permission"),
    "auth.permission": _fields(P0="id name content_type codename"),
    # `data`: an app's secret or the codes' seed, sealed to its owner (accounts/second_factor); a passkey's public key.
    "mfa.authenticator": _fields(S="id user type data created_at last_used_at"),
    "contenttypes.contenttype": _fields(P0="id app_label model"),
    # A family's session holds the id of its draft and the cookie's half of nothing: no answer, no code.
    "sessions.session": _fields(S="session_key session_data expire_date"),
}

# Tables that no model describes; both databases have them.
WITHOUT_MODEL: dict[str, dict[str, Level]] = {
    "django_migrations": _fields(P0="id app name applied"),
}

# What a name alone does not say, for whoever reads the published list; by model, or by model and field.
NOTES: dict[str, str] = {
    "accounts.invitation": "Staff who were asked to join. The way in, sent by e-mail, is not kept: only its hash is.",
    "accounts.peopleevent": "An organization's log of who joined, left or used its recovery key.",
    "accounts.user": "Staff with their names and e-mail addresses. Families have no account.",
    "accounts.user.password": "A hash of the sign-in password; it opens no sealed document.",
    "admin.logentry": "What the person who runs the server changed in the tables of law, places and organizations.",
    "funding.commitment.case_reference": "Ties an amount of money to a case, not to a name.",
    "funding.commitment.is_held": "Whether the person was held when the stage began; some grants pay for one only.",
    "funding.commitment.is_resident": "Whether the ZIP code lay in the city; some grants pay for nobody else.",
    "funding.commitment.case_type": "As of the case; some grants pay for some case types alone.",
    "funding.bond": "That a bond was posted for a case, and how much somebody else paid in, by a receipt's number.",
    "funding.bond.receipt": "A number in the office's receipt book, where the payer is named. The book is not here.",
    "funding.bankline": "Days and amounts of the bank's statement; its words, which may name people, are not kept.",
    "funding.invoiceline.worked_on": "The day a lawyer had done a stage, by the case's reference.",
    "funding.countedfact": "That a case was counted as opened, placed, closed or paid for, by its id; no name, no day.",
    "funding.publicpageswitch": "Who switched the page of releases that needs no sign-in on or off, and when.",
    "funding.releasedocument": "What was published, the same for ever: no figure is about one to ten people.",
    "funding.waitinglink": "How many cases waited at the end of a quarter, also where that is a handful.",
    "funding.paymentfile": "What left for the bank: providers, invoices, amounts. No case.",
    "intake.correction": "That a family sent new answers to one page of questions, and when; the answers are sealed.",
    "intake.draft": "Answers not yet sent, for 7 days; after sending, for a day, what the last page shows.",
    "intake.likelyduplicate": "Two requests that are probably for the same person, and what a coordinator found.",
    "intake.noticeshown": "Which wording of the notice a family saw or heard before the first question, and when.",
    "intake.noticeshown.witness_user_id": "On the phone: which member of staff read it aloud and heard the yes.",
    "intake.pastcall": "That the line of keys was called, and about which day; nothing else, for 30 days.",
    "intake.pastcall.sid_hash": "A keyed hash of the carrier's call id, which is not kept.",
    "intake.phonecall": (
        "That somebody called the line of keys in the last day, how far the call came, and which request it began. With"
        " the phone company's own records of the same minute it tells which number made that request."
    ),
    "intake.phonecall.sealed": "The code read out, while the call lasts; opens only by the carrier's call id.",
    "intake.phonecall.sid_hash": "A keyed hash of the carrier's call id, which is not kept.",
    "intake.promptrecording": "Recorded sentences of the phone line, the same for every caller.",
    "mfa.authenticator": "Second factors of staff; the secret of an app is sealed under a key kept elsewhere.",
    "notifications.contact": "How somebody who asked for help may be reached. The number itself is sealed elsewhere.",
    "notifications.contact.may_email": "That they gave an e-mail address; the address is sealed elsewhere.",
    "notifications.contact.phone_is_shared": "Somebody the family does not trust may see the phone: nothing is texted.",
    "notifications.handsetreply": "Only in the demonstration: what was typed on a phone there.",
    "notifications.handsettext": "Only in the demonstration: what a phone would have shown.",
    "notifications.inboundtext": "A text on its way to the worker, seconds old; then the row is deleted.",
    "notifications.receivedtext": "That somebody texted about a case, and whether it was STOP; the words are sealed.",
    "notifications.takentext": "That a text came in on a day, from anybody: a hash, under a key of ours, of the"
    " carrier's id of it. It names no case and no number.",
    "notifications.receivedtext.inbound_id": "Made from the carrier's id of the text: the carrier's records match it.",
    "notifications.message": "Texts sent, by the name of their wording. All wordings are neutral.",
    "notifications.message.about_at": "The day, and perhaps the hour, of which a family was reminded.",
    "notifications.message.words_id": "That a coordinator changed the wording; the words are sealed.",
    "notifications.message.carrier_id": (
        "With it the carrier can find the number, as long as it has the text: ours is deleted there minutes after its"
        " end, and nothing stays for a day."
    ),
    "notifications.carrierreport": "What the carrier said of each try to send a text; kept for thirty days.",
    "notifications.carrierreport.carrier_id": "As in a message.",
    "notifications.contact.started_at": "When texts were last asked for anew, so that an older STOP does not count.",
    "referrals.case.said_urgent_at": "That a text of the family had urgent words, which are sealed, and when it came.",
    "notifications.contact.time_zone": "The stated time zone, so that nothing arrives in the night. Usually Chicago's.",
    "notifications.numberfault": "That the carrier cannot reach a number, which is not in it, and its code for why.",
    "notifications.operatorpage": "What was written to whoever runs the server: the carrier's codes.",
    "notifications.sender": "Our own numbers, and when the next text may leave by each.",
    "notifications.sendingstop": "When no text left, or none of one wording, and who stopped it.",
    "privacy.blindindex": (
        "20 bits of a keyed hash of a phone, an A-number, or one part of a name by its sound with the birth day (and"
        " country of birth). Two cases with the same value probably share the number, or that part of the name and the"
        " day, and that can be seen by anybody while both are kept. Which it is needs the worker's key, and even then"
        " about thirty Minnesota numbers share each value; but with that key somebody who already has a full name and"
        " birth day in mind could tell whether that person is probably here. The rows die with the case."
    ),
    "privacy.codevisit": "A family that typed its code less than half an hour ago; then the row is deleted.",
    "privacy.codevisit.token_hash": "A hash of what only that browser's cookie has; it cannot be computed back.",
    "privacy.draftkey": "Opens a draft, but only together with the family's code or its browser's cookie.",
    "privacy.holderkey": "A member's own key, under a passphrase that is kept nowhere; or a printed recovery key's.",
    "privacy.holderkey.holder": "Names a staff account by number.",
    "privacy.keydestruction": "What is to become unreadable, of which case, and when.",
    "privacy.keygrant": "An organization's key, sealed to each of its members who may open it.",
    "privacy.legalhold": "The cases of which nothing is destroyed, because of a demand.",
    "privacy.readerkey": "Public halves of keys: with them anybody can seal and nobody can open.",
    "privacy.returncode.lookup_id": (
        "What one slow computation (Argon2id) makes of a family's code. The code cannot be computed back; each guess"
        " costs about a quarter of a second and needs the installation's secret."
    ),
    "privacy.sealeddocument": "Names, numbers, addresses, answers and notes, as bytes that only a reader's key opens.",
    "privacy.sealeddocument.sealed": "Padded to one of four lengths: from the length only that much can be told.",
    "privacy.tombstone": "That something was destroyed, when and by which rule; the case only as a hash of its number.",
    "privacy.keytombstone": "The same log again, beside the keys.",
    "privacy.wrappedkey": "Which organization can open which document; its key opens the bytes, ours does not.",
    "referrals.assignment": "Which member of staff works on a case.",
    "referrals.case": "One request for help, as the clock and the queue need it. It has no name and no story.",
    "referrals.case.case_type": "Says more than it seems to: see “What a case-type code implies”.",
    "referrals.case.secondary_types": "Codes like those of `case_type`, and they imply as much.",
    "referrals.case.custody": "Whether the person is held, by whom roughly, and whether in Minnesota.",
    "referrals.case.facility": "Where the person is held. With the day they were taken it can point to one person.",
    "referrals.case.taken_on": "The day the person was taken. With the place it can point to one person.",
    "referrals.case.is_minor": "Whether the person is under 18, if that was said.",
    "referrals.case.language": "The language of the pages; with few speakers in a small place it narrows down whom.",
    "referrals.case.part_of_city": "One of five parts of the city, or outside. The ZIP code itself is sealed.",
    "referrals.case.residency": "Only whether the ZIP code lies in the city.",
    "referrals.case.income": "Only whether the household is below the income line; no amounts.",
    "referrals.case.duplicate_of": "Two requests for the same person.",
    "referrals.case.continues": "The request of which another organization does a part; this one is the rest.",
    "referrals.case.next_deadline": "The next legal date, to the minute; cleared when the case ends.",
    "referrals.calendarfeed": "A member's own calendar address of days and case numbers; only a hash of it is kept.",
    "referrals.casedeadline": "Legal clocks of a case: which law, the day it began, the last day. No name, no words.",
    "referrals.casedeadline.trigger_at": "The hour a clock of hours began; gone when the clock or the case ends.",
    "referrals.caseevent": "Every step of a case in codes: who of the staff did it, for which organization, and when.",
    "referrals.caseevent.user_id": "Names a member of staff by account number; the family and the system have none.",
    "referrals.caseevent.detail": "Codes and numbers only, such as the reason chosen from a list; no typed words.",
    "referrals.certificationrequest": (
        "That an agency was asked to certify the victim of a crime, and when. The agency has the name; here it is not."
    ),
    "referrals.certificationrequest.in_removal": "Whether an immigration court has a case; so may a case type.",
    "referrals.clinicseat": "Which case has a seat at which clinic, and whether somebody came.",
    "referrals.clinicseat.case": "Whoever stands at the door that evening can see who comes; we do not publish seats.",
    "referrals.caseread": "How far a member of staff has read the log of a case, by a number.",
    "referrals.conflicthold": "Which lawyers' organization must not be asked to take a case; not whose conflict it is.",
    "referrals.custodyperiod": "Where the person was held, from when to when.",
    "referrals.legaldemand": "Demands like the one you may be reading this for, and what became of them.",
    "referrals.legaldemand_cases": "Which cases a demand named.",
    "referrals.locatorcheck": "Where staff looked for somebody who was taken, when, and whether they found them.",
    "referrals.locatorcheck.facility": "Where the person was found. With the day it can point to one person.",
    "referrals.offer": "Which lawyers' organization was asked to take the case, when, and what it answered.",
    "referrals.offer.no_conflict_by_user_id": "Which member of staff found that nobody they act for stands in the way.",
    "referrals.offer.decline_reason": "“Conflict of interest” does not say whose.",
    "referrals.openingalert": "That a member of staff opened unusually many sealed parts, or another's case.",
    "referrals.providerdigest": "That a lawyers' organization was told by e-mail how much waits; numbers, no case.",
    "referrals.providermail": "That a lawyers' organization was reminded by e-mail of an offer. The mail has no name.",
    "referrals.routingdecision": "Which organizations were considered for a case, and why not.",
    "referrals.savedfilter": "Which part of the queue a member of staff looks at, by codes; they name it as they like.",
    "referrals.stagestart": "How far the work on a case has come, by the stages that the fund pays for.",
    "referrals.warmreferral": "Which organization outside the fund a family was sent to, and what became of it.",
    "django_migrations": "Which versions of the program made these tables.",
    "sessions.session": (
        "Signed-in staff. A member's unlocked key may be in it, sealed under a key that only that browser's cookie has."
    ),
}
