"""What the books' tables refuse by themselves: any line in a closed month, opening one again, and on PostgreSQL an
entry out of balance.

SQLite has no trigger that waits for the end of a transaction; there `ledger.post` alone sees to the balance. A later
migration that rebuilds `funding_journalentry` on SQLite loses its trigger: end it with `guard_journal()` again.
"""

from typing import Any

from django.db.migrations import RunPython

_SQLITE = [
    """
CREATE TRIGGER IF NOT EXISTS "funding_journalentry_open_month" BEFORE INSERT ON "funding_journalentry"
WHEN EXISTS (SELECT 1 FROM "funding_accountingmonth"
              WHERE "first_day" = date(NEW."posted_on", 'start of month') AND "is_closed")
BEGIN SELECT RAISE(ABORT, 'the month is closed'); END""",
    # A balanced pair of lines would otherwise rewrite an old entry.
    """
CREATE TRIGGER IF NOT EXISTS "funding_journalline_open_month" BEFORE INSERT ON "funding_journalline"
WHEN EXISTS (SELECT 1 FROM "funding_journalentry" AS entry
               JOIN "funding_accountingmonth" AS month ON month."first_day" = date(entry."posted_on", 'start of month')
              WHERE entry."id" = NEW."entry_id" AND month."is_closed")
BEGIN SELECT RAISE(ABORT, 'the month is closed'); END""",
    """
CREATE TRIGGER IF NOT EXISTS "funding_accountingmonth_stays_closed" BEFORE UPDATE ON "funding_accountingmonth"
WHEN OLD."is_closed" AND (NOT NEW."is_closed" OR NEW."first_day" <> OLD."first_day")
BEGIN SELECT RAISE(ABORT, 'a closed month stays closed'); END""",
]
_POSTGRESQL = [
    # FOR SHARE: whoever closes the month at this moment is waited for, and its end is seen.
    """
CREATE OR REPLACE FUNCTION refuse_closed_month() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE closed boolean;
BEGIN
    SELECT is_closed INTO closed FROM funding_accountingmonth
     WHERE first_day = date_trunc('month', NEW.posted_on)::date FOR SHARE;
    IF closed THEN
        RAISE EXCEPTION 'the month is closed' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$""",
    """
CREATE OR REPLACE TRIGGER funding_journalentry_open_month BEFORE INSERT ON funding_journalentry
FOR EACH ROW EXECUTE FUNCTION refuse_closed_month()""",
    # A balanced pair of lines would otherwise rewrite an old entry.
    """
CREATE OR REPLACE FUNCTION refuse_line_of_closed_month() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE closed boolean;
BEGIN
    SELECT month.is_closed INTO closed FROM funding_accountingmonth AS month
      JOIN funding_journalentry AS entry ON month.first_day = date_trunc('month', entry.posted_on)::date
     WHERE entry.id = NEW.entry_id FOR SHARE OF month;
    IF closed THEN
        RAISE EXCEPTION 'the month is closed' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$""",
    """
CREATE OR REPLACE TRIGGER funding_journalline_open_month BEFORE INSERT ON funding_journalline
FOR EACH ROW EXECUTE FUNCTION refuse_line_of_closed_month()""",
    """
CREATE OR REPLACE FUNCTION refuse_reopening() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a closed month stays closed' USING ERRCODE = 'integrity_constraint_violation';
END $$""",
    """
CREATE OR REPLACE TRIGGER funding_accountingmonth_stays_closed BEFORE UPDATE ON funding_accountingmonth FOR EACH ROW
WHEN (OLD.is_closed AND (NOT NEW.is_closed OR NEW.first_day <> OLD.first_day)) EXECUTE FUNCTION refuse_reopening()""",
    """
CREATE OR REPLACE FUNCTION refuse_unbalanced() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT sum(debit_cents) <> sum(credit_cents) FROM funding_journalline WHERE entry_id = NEW.entry_id) THEN
        RAISE EXCEPTION 'the entry is out of balance' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$""",
    "DROP TRIGGER IF EXISTS funding_journalline_balances ON funding_journalline",
    """
CREATE CONSTRAINT TRIGGER funding_journalline_balances AFTER INSERT ON funding_journalline
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_unbalanced()""",
]


def guard_journal() -> RunPython:
    """The migration operation that makes the triggers; may be run again."""
    return RunPython(_create, RunPython.noop)


def _create(apps: Any, schema_editor: Any) -> None:
    statements = _SQLITE if schema_editor.connection.vendor == "sqlite" else _POSTGRESQL
    with schema_editor.connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
