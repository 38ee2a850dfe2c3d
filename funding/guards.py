"""What the books' tables refuse by themselves: any line in a closed month, opening one again, an entry out of balance
and a line more on an entry that has all it was posted with.

An entry is inserted after its lines, whose foreign key is looked at when the transaction ends. So SQLite, which has no
trigger that waits for that, can look at the whole entry in the moment it is inserted, and take no line after it; lines
without an entry do not outlive their transaction. A later migration that rebuilds a table of the journal on SQLite
loses its triggers, and is stopped by those of others that name it: begin it with `unguard_on_sqlite()` and end it with
`guard_journal()` and `guard_appends()`.
"""

from functools import partial
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


_SQLITE_APPENDS = [
    # Of before an entry came after its lines.
    'DROP TRIGGER IF EXISTS "funding_journalline_no_append"',
    'DROP TRIGGER IF EXISTS "funding_journalline_balances"',
    """
CREATE TRIGGER "funding_journalline_no_append" BEFORE INSERT ON "funding_journalline"
WHEN EXISTS (SELECT 1 FROM "funding_journalentry" WHERE "id" = NEW."entry_id")
BEGIN SELECT RAISE(ABORT, 'the entry has all of its lines'); END""",
    """
CREATE TRIGGER IF NOT EXISTS "funding_journalentry_is_whole" BEFORE INSERT ON "funding_journalentry"
WHEN (SELECT COUNT(*) FROM "funding_journalline" WHERE "entry_id" = NEW."id") <> NEW."line_count"
BEGIN SELECT RAISE(ABORT, 'the entry has other lines than it was posted with'); END""",
    """
CREATE TRIGGER IF NOT EXISTS "funding_journalentry_balances" BEFORE INSERT ON "funding_journalentry"
WHEN (SELECT SUM("debit_cents") <> SUM("credit_cents") FROM "funding_journalline" WHERE "entry_id" = NEW."id")
BEGIN SELECT RAISE(ABORT, 'the entry is out of balance'); END""",
]
# The count is looked at when the transaction ends: an entry is whole in the transaction that posts it, and for ever.
_POSTGRESQL_APPENDS = [
    """
CREATE OR REPLACE FUNCTION refuse_other_lines(entry uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT count(*) FROM funding_journalline WHERE entry_id = entry)
       <> (SELECT line_count FROM funding_journalentry WHERE id = entry) THEN
        RAISE EXCEPTION 'the entry has other lines than it was posted with'
        USING ERRCODE = 'integrity_constraint_violation';
    END IF;
END $$""",
    """
CREATE OR REPLACE FUNCTION refuse_appended_line() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM refuse_other_lines(NEW.entry_id); RETURN NULL; END $$""",
    """
CREATE OR REPLACE FUNCTION refuse_unfinished_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM refuse_other_lines(NEW.id); RETURN NULL; END $$""",
    "DROP TRIGGER IF EXISTS funding_journalline_no_append ON funding_journalline",
    """
CREATE CONSTRAINT TRIGGER funding_journalline_no_append AFTER INSERT ON funding_journalline
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_appended_line()""",
    "DROP TRIGGER IF EXISTS funding_journalentry_is_whole ON funding_journalentry",
    """
CREATE CONSTRAINT TRIGGER funding_journalentry_is_whole AFTER INSERT ON funding_journalentry
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_unfinished_entry()""",
]


_SQLITE_DROPS = [
    f'DROP TRIGGER IF EXISTS "funding_{name}"'
    for name in (
        "journalentry_open_month",
        "journalline_open_month",
        "accountingmonth_stays_closed",
        "journalline_no_append",
        "journalline_balances",
        "journalentry_is_whole",
        "journalentry_balances",
    )
]


def unguard_on_sqlite() -> RunPython:
    """The migration operation that takes the triggers away on SQLite, where a table is rebuilt to be altered."""
    return RunPython(partial(_create, _SQLITE_DROPS, []), RunPython.noop)


def guard_journal() -> RunPython:
    """The migration operation that makes the triggers of months and balance; may be run again."""
    return RunPython(partial(_create, _SQLITE, _POSTGRESQL), RunPython.noop)


def guard_appends() -> RunPython:
    """The migration operation that makes the triggers of an entry's lines, once there is `line_count`."""
    return RunPython(partial(_create, _SQLITE_APPENDS, _POSTGRESQL_APPENDS), RunPython.noop)


def _create(sqlite: list[str], postgresql: list[str], apps: Any, schema_editor: Any) -> None:
    with schema_editor.connection.cursor() as cursor:
        for statement in sqlite if schema_editor.connection.vendor == "sqlite" else postgresql:
            cursor.execute(statement)
