"""What must hold after every round, in plain SQL that shares nothing with the application's own code.

Each finding names its rule and the rows that break it; none is what the tests ask for.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from referrals import events

# Whose room an offer takes, who owns which state: kept by hand, so that a change of the code has to be made twice.
_OWNED = "('received', 'needs_info', 'screened', 'waitlisted', 'offered', 'accepted', 'represented')"
_ENDED = "('closed', 'not_eligible', 'withdrawn', 'duplicate', 'lost_contact')"

RULES: dict[str, str] = {
    "in_use is what live and accepted offers take": """
        SELECT p.id, p.in_use, coalesce(sum(o.points), 0) FROM providers_program p
        LEFT JOIN referrals_offer o
            ON o.program_id = p.id AND o.state IN ('live', 'accepted') AND o.room_released_at IS NULL
        GROUP BY p.id HAVING p.in_use <> coalesce(sum(o.points), 0)
    """,
    "in_use is what the log says was taken and not given back": """
        WITH moves AS (
            SELECT DISTINCT ON (case_id) case_id, to_state FROM referrals_caseevent
            WHERE to_state <> '' ORDER BY case_id, sequence DESC
        ), offers AS (
            SELECT DISTINCT ON (case_id) case_id, (detail->>'offer')::uuid AS offer_id FROM referrals_caseevent
            WHERE kind = 'offer' ORDER BY case_id, sequence DESC
        ), taken AS (
            SELECT o.program_id, sum(o.points) AS points FROM moves
            JOIN offers USING (case_id) JOIN referrals_offer o ON o.id = offers.offer_id
            WHERE moves.to_state IN ('offered', 'accepted', 'represented') GROUP BY o.program_id
        )
        SELECT p.id, p.in_use, coalesce(taken.points, 0) FROM providers_program p
        LEFT JOIN taken ON taken.program_id = p.id WHERE p.in_use <> coalesce(taken.points, 0)
    """,
    "no program is above its ceiling": "SELECT id, in_use, ceiling FROM providers_program "
    "WHERE in_use < 0 OR in_use > ceiling",
    "a case has one live offer at most": "SELECT case_id, count(*) FROM referrals_offer WHERE state = 'live' "
    "GROUP BY case_id HAVING count(*) > 1",
    "a case has one holder at most": "SELECT case_id, count(*) FROM referrals_offer "
    "WHERE state = 'accepted' AND room_released_at IS NULL GROUP BY case_id HAVING count(*) > 1",
    "a case is offered if and only if an offer is live": """
        SELECT c.id, c.state FROM referrals_case c WHERE (c.state = 'offered') <> EXISTS (
            SELECT 1 FROM referrals_offer o WHERE o.case_id = c.id AND o.state = 'live')
    """,
    "a case is accepted or represented if and only if it is held": """
        SELECT c.id, c.state FROM referrals_case c WHERE (c.state IN ('accepted', 'represented')) <> EXISTS (
            SELECT 1 FROM referrals_offer o
            WHERE o.case_id = c.id AND o.state = 'accepted' AND o.room_released_at IS NULL)
    """,
    "an offer that has ended holds no room, and a live one does": """
        SELECT id, state FROM referrals_offer WHERE (state NOT IN ('live', 'accepted') AND room_released_at IS NULL)
            OR (state = 'live' AND room_released_at IS NOT NULL)
    """,
    "a case that goes on has an owner and a clock": f"""
        SELECT id, state FROM referrals_case WHERE state NOT IN {_ENDED}
            AND (state NOT IN {_OWNED} OR state_due_at IS NULL)
    """,
    "a case is where its log says": """
        SELECT c.id, c.state, last.to_state FROM referrals_case c LEFT JOIN (
            SELECT DISTINCT ON (case_id) case_id, to_state FROM referrals_caseevent
            WHERE to_state <> '' ORDER BY case_id, sequence DESC
        ) last ON last.case_id = c.id WHERE last.to_state IS DISTINCT FROM c.state
    """,
    "each move begins where the one before ended": """
        SELECT case_id, sequence, from_state FROM (
            SELECT case_id, sequence, from_state,
                lag(to_state, 1, '') OVER (PARTITION BY case_id ORDER BY sequence) AS before
            FROM referrals_caseevent WHERE to_state <> ''
        ) moves WHERE from_state <> before
    """,
    "the events of a case are numbered and chained": """
        SELECT case_id, sequence FROM (
            SELECT case_id, sequence, previous_hash,
                row_number() OVER steps AS number, lag(hash, 1, '') OVER steps AS before
            FROM referrals_caseevent WINDOW steps AS (PARTITION BY case_id ORDER BY sequence)
        ) chain WHERE sequence <> number OR previous_hash <> before
    """,
}
# Once the clock has had its turns: nothing waits for it any more.
RULES_OF_THE_CLOCK: dict[str, str] = {
    "no case is screened and forgotten": "SELECT id FROM referrals_case WHERE state = 'screened'",
    "no offer stands beyond its time": "SELECT id FROM referrals_offer WHERE state = 'live' AND expires_at <= %(now)s",
    "who waits was looked at": "SELECT id FROM referrals_case WHERE state = 'waitlisted' AND state_due_at <= %(now)s",
}


def findings(rules: dict[str, str] | None = None, **given: datetime) -> list[str]:
    """What breaks `rules` (by default the `RULES`) in this transaction's view of the database."""
    found = []
    with connection.cursor() as cursor:
        for rule, query in (rules or RULES).items():
            cursor.execute(query, given or None)
            if rows := cursor.fetchall():
                found.append(f"{rule}: {rows[:5]}")
    return found


def findings_at_once() -> list[str]:
    """The same of one moment, whatever the others commit meanwhile."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        return findings()


def broken_chains(case_ids: Iterable[UUID]) -> list[str]:
    """Every hash counted again from what the events hold."""
    return [f"the events of {one} do not verify: {broken}" for one in case_ids if (broken := events.broken_links(one))]
