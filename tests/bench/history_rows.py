"""The statements of `tests.bench.history`: each makes one table's rows of all staged cases at once."""

# Everything below is written from this table. A code of the law's tables that is not there leaves a case out.
CASES = """
CREATE UNLOGGED TABLE bench_case AS
WITH kinds (code, held) AS (
    SELECT code, detained FROM providers_casetype WHERE valid_to IS NULL
), orders AS (
    SELECT o.case_type, array_agg(o.program_id ORDER BY o.position) AS programs
      FROM providers_offerplace o WHERE o.program_id IS NOT NULL AND o.valid_to IS NULL GROUP BY 1
), numbered AS (
    SELECT n, false AS is_open, 'closed' AS state, n AS way FROM generate_series(%(closed_from)s, %(closed_to)s) n
    UNION ALL
    SELECT n, true,
           CASE WHEN n %% 50 < 2 THEN 'received' WHEN n %% 50 < 4 THEN 'needs_info' WHEN n %% 50 < 9 THEN 'waitlisted'
                WHEN n %% 50 < 12 THEN 'offered' WHEN n %% 50 < 19 THEN 'accepted' ELSE 'represented' END,
           n / 50
      FROM generate_series(%(open_from)s, %(open_to)s) n
), typed AS (
    SELECT *, (ARRAY['DET-HAB', 'REM-ND', 'DET-BOND', 'ASY-DEF', 'DET-HAB', 'REM-ND', 'DET-BOND', 'U-VISA', 'DET-HAB',
                     'REM-ND', 'DET-BOND', 'FAM', 'REM-DET', 'REM-ND', 'DET-OSUP', 'PREP', 'REM-DET', 'ASY-DEF',
                     'ER-CF', 'U-VISA'])[1 + way %% 20] AS case_type
      FROM numbered
), timed AS (
    SELECT *, CASE WHEN NOT is_open THEN %(now)s::timestamptz - n * interval '864 seconds' END AS closed_at
      FROM typed
)
SELECT t.n, t.is_open, t.state, t.case_type, k.held, gen_random_uuid() AS id, gen_random_uuid() AS offer_id,
       left(drawn, 3) || '-' || right(drawn, 3) AS reference,
       CASE WHEN NOT t.is_open THEN t.closed_at - (5 + t.n %% 90) * interval '1 day'
            WHEN t.state IN ('received', 'needs_info') THEN %(now)s::timestamptz - (t.way %% 60) * interval '1 hour'
            WHEN t.state = 'offered' THEN %(now)s::timestamptz - (1 + t.way %% 200) * interval '1 minute'
            ELSE %(now)s::timestamptz - t.way * interval '1 day' - interval '3 days' END AS opened_at,
       t.closed_at,
       CASE WHEN k.held AND t.way %% 3 = 0 AND t.state NOT IN ('received', 'needs_info') THEN 0
            WHEN k.held THEN 1 ELSE 2 + t.way %% 2 END AS urgency,
       (ARRAY['es', 'en', 'so', 'hmn', 'es'])[1 + t.n %% 5] AS language,
       p.points, o.programs, o.programs[1] AS program_id,
       pr.id AS provider_id, pr.code AS provider, pr.organization_id,
       (%(coordinators)s::bigint[])[1 + t.n %% cardinality(%(coordinators)s::bigint[])] AS coordinator_id,
       s.users[1 + t.n %% cardinality(s.users)] AS staff_id,
       %(hotline)s::bigint AS hotline_id
  FROM timed t
  JOIN kinds k ON k.code = t.case_type
  JOIN orders o ON o.case_type = t.case_type
  JOIN providers_casetype p ON p.code = t.case_type AND p.valid_to IS NULL
  JOIN providers_program g ON g.id = o.programs[1]
  JOIN providers_provider pr ON pr.id = g.provider_id
  JOIN bench_staff s ON s.organization_id = pr.organization_id,
       -- Never one that the product could draw: those hold no zero.
       LATERAL (SELECT upper(lpad(to_hex(t.n + CASE WHEN t.is_open THEN x'F00000'::int ELSE 0 END), 6, '0')) AS drawn) d
 ORDER BY t.n
"""

STAGED_EVENTS = """
CREATE UNLOGGED TABLE bench_event AS
SELECT * FROM (VALUES
    ('closed', 1, 'open', '', 'received', 'family', interval '0'),
    ('closed', 2, 'screen_in', 'received', 'screened', 'coordinator', interval '40 minutes'),
    ('closed', 3, 'offer', 'screened', 'offered', 'system', interval '40 minutes'),
    ('closed', 4, 'accept', 'offered', 'accepted', 'provider_staff', interval '5 hours'),
    ('closed', 5, 'engage', 'accepted', 'represented', 'provider_staff', interval '2 days'),
    ('closed', 6, 'close', 'represented', 'closed', 'provider_staff', NULL),
    ('received', 1, 'open', '', 'received', 'family', interval '0'),
    ('received', 2, 'assigned', '', '', 'coordinator', interval '20 minutes'),
    ('needs_info', 1, 'open', '', 'received', 'family', interval '0'),
    ('needs_info', 2, 'assigned', '', '', 'coordinator', interval '20 minutes'),
    ('needs_info', 3, 'request_info', 'received', 'needs_info', 'coordinator', interval '40 minutes'),
    ('waitlisted', 1, 'open', '', 'received', 'family', interval '0'),
    ('waitlisted', 2, 'screen_in', 'received', 'screened', 'coordinator', interval '40 minutes'),
    ('waitlisted', 3, 'waitlist', 'screened', 'waitlisted', 'system', interval '40 minutes'),
    ('offered', 1, 'open', '', 'received', 'family', interval '0'),
    ('offered', 2, 'screen_in', 'received', 'screened', 'system', interval '0'),
    ('offered', 3, 'offer', 'screened', 'offered', 'system', interval '0'),
    ('accepted', 1, 'open', '', 'received', 'family', interval '0'),
    ('accepted', 2, 'screen_in', 'received', 'screened', 'system', interval '0'),
    ('accepted', 3, 'offer', 'screened', 'offered', 'system', interval '0'),
    ('accepted', 4, 'accept', 'offered', 'accepted', 'provider_staff', interval '5 hours'),
    ('represented', 1, 'open', '', 'received', 'family', interval '0'),
    ('represented', 2, 'screen_in', 'received', 'screened', 'coordinator', interval '40 minutes'),
    ('represented', 3, 'offer', 'screened', 'offered', 'system', interval '40 minutes'),
    ('represented', 4, 'accept', 'offered', 'accepted', 'provider_staff', interval '5 hours'),
    ('represented', 5, 'engage', 'accepted', 'represented', 'provider_staff', interval '2 days'),
    ('represented', 6, 'opened_document', '', '', 'coordinator', interval '3 days')
) AS event (state, sequence, kind, from_state, to_state, role, after)
"""

_CASE = """
INSERT INTO referrals_case (
    id, reference, channel, language, state, state_since, state_due_at, opened_at, closed_at, outcome, case_type,
    secondary_types, triage_rule_id, urgency, urgency_reason, urgency_reason_without_clocks, custody, facility_id,
    part_of_city, next_deadline, next_deadline_code, screening, screening_due_at, residency, income)
SELECT id, reference, 'web', language, state, coalesce(closed_at, opened_at),
       CASE WHEN is_open THEN %(now)s + (n %% 400 - 20) * interval '1 hour' END,
       opened_at, closed_at, CASE WHEN is_open THEN '' ELSE 'relief_granted' END, case_type, '[]',
       (SELECT min(id) FROM referrals_triagerule), urgency, 'bench', '',
       CASE WHEN held THEN 'ice_mn' ELSE 'released' END,
       CASE WHEN held THEN (SELECT min(id) FROM referrals_facility WHERE custody = 'ice_mn') END,
       'south', CASE WHEN is_open AND n %% 2 = 0 THEN %(now)s + (n %% 60) * interval '1 day' END,
       CASE WHEN is_open AND n %% 2 = 0 THEN 'HEARING' ELSE '' END,
       CASE WHEN state IN ('received', 'needs_info') THEN 'pending' ELSE 'passed' END,
       opened_at + interval '5 days', 'city', 'within'
  FROM bench_case c ORDER BY n
"""

_EVENT = """
INSERT INTO referrals_caseevent (
    id, case_id, sequence, kind, from_state, to_state, role, user_id, organization_id, at, detail, previous_hash, hash)
SELECT gen_random_uuid(), c.id, e.sequence, e.kind, e.from_state, e.to_state, e.role,
       CASE e.role WHEN 'coordinator' THEN c.coordinator_id WHEN 'provider_staff' THEN c.staff_id END,
       CASE e.role WHEN 'coordinator' THEN c.hotline_id WHEN 'provider_staff' THEN c.organization_id END,
       least(c.opened_at + e.after, %(now)s, c.closed_at),
       CASE WHEN e.kind IN ('offer', 'accept') THEN jsonb_build_object('offer', c.offer_id, 'program', c.program_id,
            'provider', c.provider, 'case_type', c.case_type) ELSE '{}' END,
       CASE WHEN e.sequence > 1
            THEN md5(c.id::text || e.sequence - 1) || md5(c.reference || e.sequence - 1) ELSE '' END,
       md5(c.id::text || e.sequence) || md5(c.reference || e.sequence)
  FROM bench_case c JOIN bench_event e USING (state) ORDER BY c.n, e.sequence
"""

# Who has the case, or had it.
_OFFER = """
INSERT INTO referrals_offer (
    id, case_id, program_id, state, case_type, points, limited_scope, is_provisional, made_by_hand, offered_at,
    expires_at, no_conflict_at, no_conflict_by_user_id, answered_at, decline_reason, file_follows, contact_shared_at,
    room_released_at)
SELECT offer_id, id, program_id, CASE WHEN state = 'offered' THEN 'live' ELSE 'accepted' END, case_type, points, false,
       false, false, opened_at,
       CASE WHEN state = 'offered' THEN %(now)s + (6 + n %% 48) * interval '1 hour'
            ELSE opened_at + interval '1 day' END,
       CASE WHEN state <> 'offered' THEN opened_at END, CASE WHEN state <> 'offered' THEN staff_id END,
       CASE WHEN state <> 'offered' THEN opened_at + interval '5 hours' END, '', false,
       CASE WHEN state <> 'offered' THEN opened_at + interval '5 hours' END, closed_at
  FROM bench_case WHERE state IN ('closed', 'offered', 'accepted', 'represented') ORDER BY n
"""
# Half of them were offered to somebody before who said no.
_DECLINED = """
INSERT INTO referrals_offer (
    id, case_id, program_id, state, case_type, points, limited_scope, is_provisional, made_by_hand, offered_at,
    expires_at, answered_at, decline_reason, file_follows, room_released_at)
SELECT gen_random_uuid(), id, programs[cardinality(programs)], 'declined', case_type, points, false, false, false,
       opened_at, opened_at + interval '1 day', opened_at, 'capacity', false, opened_at
  FROM bench_case WHERE state IN ('closed', 'accepted', 'represented') AND n %% 2 = 0 ORDER BY n
"""
# Held and waiting: matched again with every other case, and refused for good by all.
_REFUSED = """
INSERT INTO referrals_offer (
    id, case_id, program_id, state, case_type, points, limited_scope, is_provisional, made_by_hand, offered_at,
    expires_at, answered_at, decline_reason, file_follows, room_released_at)
SELECT gen_random_uuid(), id, unnest(programs), 'declined', case_type, points, false, false, false,
       opened_at, opened_at + interval '1 day', opened_at, 'scope', false, opened_at
  FROM bench_case WHERE state = 'waitlisted' AND held ORDER BY n
"""

_DECISION = """
INSERT INTO referrals_routingdecision (
    case_id, at, chosen_id, made_by_hand, case_type, urgency, points, candidates, seed)
SELECT id, opened_at, CASE WHEN state <> 'waitlisted' THEN program_id END, false, case_type, urgency, points,
       (SELECT jsonb_agg(jsonb_build_object('program', one, 'provider', provider, 'kind', 'detained_full', 'free', 0,
               'limited', false, 'verdict', CASE WHEN one = program_id THEN 'chosen' ELSE 'full' END))
          FROM unnest(programs) one), n
  FROM bench_case WHERE state NOT IN ('received', 'needs_info') ORDER BY n
"""

_CUSTODY = """
INSERT INTO referrals_custodyperiod (case_id, custody, facility_id, since)
SELECT id, CASE WHEN held THEN 'ice_mn' ELSE 'released' END, NULL, opened_at FROM bench_case ORDER BY n
"""

_TASK_DONE = """
INSERT INTO referrals_coordinatortask (case_id, kind, opened_at, due_at, done_at, done_by_user_id)
SELECT id, unnest(ARRAY['screen', 'no_room']), opened_at, opened_at + interval '4 hours',
       opened_at + interval '1 hour', coordinator_id
  FROM bench_case WHERE state IN ('closed', 'accepted', 'represented') ORDER BY n
"""
_TASK_OPEN = """
INSERT INTO referrals_coordinatortask (case_id, kind, opened_at, due_at)
SELECT id, CASE state WHEN 'received' THEN 'screen' WHEN 'needs_info' THEN 'call_back' WHEN 'waitlisted' THEN 'no_room'
                      ELSE 'locate' END,
       opened_at, %(now)s + (n %% 60 - 10) * interval '1 hour'
  FROM bench_case
 WHERE state IN ('received', 'needs_info', 'waitlisted') OR is_open AND n %% 10 = 9
 ORDER BY n
"""
# A few families wait for an answer about their data although the case is over: as many in a long history as in a short.
_TASK_ABOUT_DATA = """
INSERT INTO referrals_coordinatortask (case_id, kind, opened_at, due_at)
SELECT id, 'copy_of_data', closed_at, %(now)s + interval '1 day' FROM bench_case WHERE NOT is_open AND n <= 20
"""

_DEADLINE = """
INSERT INTO referrals_casedeadline (
    id, case_id, code, rule_id, from_answers, raw, due, safe_by, ends_at, entered_at, entered_role, changed_at, met_at)
SELECT gen_random_uuid(), id, 'HEARING', NULL, true, day, day, day, CASE WHEN is_open THEN day + time '15:00' END,
       opened_at, 'family', opened_at, closed_at
  FROM (SELECT *, (coalesce(closed_at, %(now)s + (n %% 60) * interval '1 day'))::date AS day FROM bench_case) c
 WHERE NOT is_open OR n %% 2 = 0 ORDER BY n
"""
_READ = """
INSERT INTO referrals_caseread (user_id, case_id, read_through)
SELECT coordinator_id, id, CASE WHEN is_open THEN 1 + n %% 6 ELSE 6 END FROM bench_case ORDER BY n
"""
_ASSIGNED_AT_HOTLINE = """
INSERT INTO referrals_assignment (case_id, organization_id, user_id, since)
SELECT id, hotline_id, coordinator_id, opened_at FROM bench_case WHERE NOT is_open OR n %% 7 > 0 ORDER BY n
"""
_ASSIGNED_AT_PROVIDER = """
INSERT INTO referrals_assignment (case_id, organization_id, user_id, since)
SELECT id, organization_id, staff_id, opened_at
  FROM bench_case WHERE state IN ('closed', 'accepted', 'represented') ORDER BY n
"""
_STAGE = """
INSERT INTO referrals_stagestart (case_id, stage, provider_id, offer_id, started_at, started_by_user_id, ended_at)
SELECT id, 'advice', provider_id, offer_id, opened_at, staff_id, closed_at
  FROM bench_case WHERE state IN ('closed', 'accepted', 'represented') ORDER BY n
"""
_PROVIDER_MAIL = """
INSERT INTO referrals_providermail (id, offer_id, kind, made_at, mailed_at)
SELECT gen_random_uuid(), offer_id, 'half_time', opened_at, opened_at
  FROM bench_case WHERE state IN ('closed', 'offered', 'accepted', 'represented') ORDER BY n
"""
_LOOK_UP = """
INSERT INTO referrals_locatorcheck (case_id, checked_at, checked_by_user_id, looked_at, result, us_state)
SELECT id, opened_at, coordinator_id, 'ice_locator', 'not_found', '' FROM bench_case WHERE held ORDER BY n
"""
_SENT_ELSEWHERE = """
INSERT INTO referrals_warmreferral (case_id, partner_id, at, by_user_id, outcome, outcome_at, outcome_by_user_id)
SELECT id, (SELECT min(id) FROM referrals_referralpartner), opened_at, coordinator_id, 'reached', opened_at,
       coordinator_id
  FROM bench_case WHERE n %% 10 = 3 ORDER BY n
"""
_CERTIFICATION = """
INSERT INTO referrals_certificationrequest (
    id, case_id, agency, requested_on, in_removal, expedite_asked, state_due, desk, certified_on, signed_on,
    runs_out_on, filed_on, entered_at, entered_by_user_id)
SELECT gen_random_uuid(), id, (SELECT 'mpd'), opened_at::date, false, false, opened_at::date + 90, 'mailbox',
       closed_at::date, closed_at::date, closed_at::date + 180, closed_at::date, opened_at, coordinator_id
  FROM bench_case WHERE case_type = 'U-VISA' AND state IN ('closed', 'represented') ORDER BY n
"""
_CLINIC = """
INSERT INTO referrals_clinicsession (
    id, provider_id, held_on, starts_at, ends_at, place, address, seats, seats_taken, languages, case_types, status)
SELECT md5('clinic' || n / 400)::uuid, min(provider_id), min(closed_at)::date, 1080, 1200, 'Test Library',
       '1 Test Street', 40, count(*), '[]', '["PREP", "FAM"]', 'open'
  FROM bench_case WHERE NOT is_open AND case_type IN ('PREP', 'FAM') GROUP BY n / 400
ON CONFLICT DO NOTHING
"""
_SEAT = """
INSERT INTO referrals_clinicseat (id, session_id, case_id, state, booked_at)
SELECT gen_random_uuid(), md5('clinic' || n / 400)::uuid, id, 'attended', opened_at
  FROM bench_case WHERE NOT is_open AND case_type IN ('PREP', 'FAM') ORDER BY n
"""
_ALERT = """
INSERT INTO referrals_openingalert (
    id, organization_id, kind, user_id, case_id, openings, at, mailed_at, seen_at, seen_by_user_id)
SELECT gen_random_uuid(), hotline_id, 'not_theirs', coordinator_id, id, 1, opened_at, opened_at, opened_at,
       coordinator_id
  FROM bench_case WHERE n %% 500 = 1 ORDER BY n
"""

_CONTACT = """
INSERT INTO notifications_contact (
    id, case_id, language, may_text, may_email, may_call, any_hour, time_zone, phone_is_shared, created_at)
SELECT md5('contact' || id)::uuid, id, language, true, false, true, true, 'America/Chicago', false, opened_at
  FROM bench_case ORDER BY n
"""
_MESSAGE = """
INSERT INTO notifications_message (
    id, contact_id, case_id, template, trigger, channel, language, is_urgent, state, reason, cancelled_reason,
    attempts, times_returned, times_asked, tried_at, send_after, created_at, state_since, carrier_id, error_code,
    removed_at)
SELECT gen_random_uuid(), md5('contact' || id)::uuid, id, template, gen_random_uuid(), 'text', language, false,
       'delivered', '', '', 1, 0, 0, opened_at, opened_at, opened_at, opened_at, 'SM' || md5(id || template), '',
       opened_at
  FROM bench_case, unnest(ARRAY['opened', 'accepted', 'closed']) template
 WHERE template = 'opened' OR NOT is_open OR template = 'accepted' AND state IN ('accepted', 'represented')
 ORDER BY n
"""

# What a month of retention leaves.
_SEALED = """
INSERT INTO privacy_sealeddocument (id, case_id, kind, subject, version, sealed, created_at)
SELECT md5(kind || id)::uuid, id, kind, md5('subject' || id)::uuid, 1, sha512(id::text::bytea) || sha512(kind::bytea),
       opened_at
  FROM bench_case, unnest(ARRAY['contact', 'facts', 'names', 'file', 'notes']) kind
 WHERE is_open OR closed_at > %(now)s - interval '30 days' ORDER BY n
"""
_CODE = """
INSERT INTO privacy_returncode (lookup_id, case_id, created_at)
SELECT decode(md5('code' || id), 'hex'), id, opened_at
  FROM bench_case WHERE is_open OR closed_at > %(now)s - interval '30 days' ORDER BY n
"""
_DESTROYED = """
INSERT INTO privacy_keydestruction (
    case_id, reason, kinds, readers, keep_readers, ends_case, created_at, due_at, carried_out_at)
SELECT id, reason, '[]', '[]', '[]', reason = 'closed', closed_at, due, CASE WHEN due <= %(now)s THEN due END
  FROM bench_case, unnest(ARRAY['access', 'closed']) reason,
       LATERAL (SELECT CASE reason WHEN 'closed' THEN closed_at + interval '30 days' ELSE closed_at END AS due) d
 WHERE NOT is_open ORDER BY n
"""
_TOMBSTONE = """
INSERT INTO privacy_tombstone (sequence, case_hash, at, reason, destroyed, previous_hash, hash)
SELECT n, md5(id::text) || md5(reference), closed_at, 'closed', '{"kinds": [], "readers": [], "keep_readers": []}',
       md5('grave' || n - 1) || md5('stone' || n - 1), md5('grave' || n) || md5('stone' || n)
  FROM bench_case WHERE NOT is_open ORDER BY n
"""

_NOTICE = """
INSERT INTO intake_noticeshown (case_id, version, language, channel, is_interpreted, shown_at)
SELECT id, '1', language, 'web', false, opened_at FROM bench_case ORDER BY n
"""
_CORRECTION = """
INSERT INTO intake_correction (id, case_id, page, sent_at, settled_at)
SELECT gen_random_uuid(), id, 'held', opened_at, opened_at FROM bench_case WHERE n %% 10 = 5 ORDER BY n
"""

_COMMITMENT = """
INSERT INTO funding_commitment (
    id, case_id, case_reference, provider_id, grant_id, stage, cents, state, accepted_event, committed_at)
SELECT gen_random_uuid(), c.id, c.reference, c.provider_id, (SELECT min(id) FROM funding_grant), 'advice', 15000,
       CASE WHEN c.is_open THEN 'open' ELSE 'paid' END, e.id, e.at
  FROM bench_case c JOIN referrals_caseevent e ON e.case_id = c.id WHERE e.kind = 'accept' ORDER BY c.n
"""

_SHARE = """
INSERT INTO funding_commitmentshare (commitment_id, grant_id, cents)
SELECT m.id, m.grant_id, m.cents
  FROM bench_case c JOIN funding_commitment m ON m.case_id = c.id WHERE m.grant_id IS NOT NULL ORDER BY c.n
"""
_FOLLOWED = """
INSERT INTO funding_followedevent (event_id, at)
SELECT e.id, e.at
  FROM bench_case c JOIN referrals_caseevent e ON e.case_id = c.id WHERE e.kind IN ('accept', 'stage_started', 'close')
 ORDER BY e.at
"""

FOR_EACH_DATABASE = (
    _CASE, _EVENT, _OFFER, _DECLINED, _REFUSED, _DECISION, _CUSTODY, _TASK_DONE, _TASK_OPEN, _TASK_ABOUT_DATA,
    _DEADLINE, _READ, _ASSIGNED_AT_HOTLINE, _ASSIGNED_AT_PROVIDER, _STAGE, _PROVIDER_MAIL, _LOOK_UP, _SENT_ELSEWHERE,
    _CERTIFICATION, _CLINIC, _SEAT, _ALERT, _CONTACT, _MESSAGE, _SEALED, _CODE, _DESTROYED, _TOMBSTONE, _NOTICE,
    _CORRECTION, _COMMITMENT, _SHARE, _FOLLOWED,
)  # fmt: skip
TABLES = sorted({statement.split()[2] for statement in FOR_EACH_DATABASE})

# Programs for people who are not held are full, the others have room left.
ROOM = """
UPDATE providers_program p
   SET in_use = used, ceiling = used + CASE WHEN p.kind = 'nondetained' THEN 0 ELSE 20000 END,
       room_changed_at = '2026-01-01'
  FROM (SELECT g.id, coalesce(sum(o.points), 0) AS used
          FROM providers_program g
          LEFT JOIN referrals_offer o ON o.program_id = g.id AND o.room_released_at IS NULL
         GROUP BY g.id) counted
 WHERE counted.id = p.id
"""

IN_KEYS = """
INSERT INTO privacy_wrappedkey (document_id, case_id, kind, reader, reader_key_id, wrapped, created_at)
SELECT d.id, d.case_id, d.kind, r.reader, r.id, sha512(d.id::text::bytea), %(now)s
  FROM unnest(%(documents)s::uuid[], %(cases)s::uuid[], %(kinds)s::text[]) AS d (id, case_id, kind),
       unnest(%(readers)s::text[], %(reader_keys)s::uuid[]) AS r (reader, id)
"""
