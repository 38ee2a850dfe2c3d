"""The published list is what the registry says, and every proof it names can be run."""

import ast
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from config import hand_over, threats
from privacy import published
from privacy.models import BlindIndex
from privacy.registry import REGISTRY, Level
from referrals.models import Case

ROOT = Path(settings.BASE_DIR)


def test_the_page_is_up_to_date() -> None:
    call_command("what_we_could_hand_over", check=True)


def test_a_page_that_differs_fails_the_check(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(hand_over.MEANINGS, Level.P0, "Something else.")

    with pytest.raises(CommandError, match="out of date"):
        call_command("what_we_could_hand_over", check=True)


def test_an_unclassified_field_is_named_and_nothing_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(REGISTRY["referrals.case"], "taken_on")

    with pytest.raises(CommandError, match=r"referrals\.case\.taken_on"):
        call_command("what_we_could_hand_over", stdout=StringIO())


def test_every_column_is_on_the_page_in_its_own_database() -> None:
    tables = {(table.alias, table.name): table for table in published.published_list()}

    assert ("keys", BlindIndex._meta.db_table) in tables
    assert ("default", BlindIndex._meta.db_table) not in tables
    assert {("default", "django_migrations"), ("keys", "django_migrations")} <= tables.keys()
    case = tables["default", Case._meta.db_table]
    assert [column.name for column in case.columns] == [field.column for field in Case._meta.local_fields]
    page = hand_over.document()
    for table in tables.values():
        assert f"### {table.name}\n" in page
        for column in table.columns:
            assert f"`{column.name}`" in page


def test_equal_blind_indexes_are_admitted_to() -> None:
    page = hand_over.document()

    assert "probably share the number" in page.split("### privacy_blindindex")[1].split("###")[0]


def test_every_case_type_says_what_it_implies() -> None:
    codes = [code for code, _ in hand_over.seeded_case_types()]

    assert list(hand_over.IMPLIES) == codes
    assert "afraid to return" in hand_over.IMPLIES["ASY-DEF"]


@pytest.mark.parametrize("threat", threats.THREATS, ids=lambda threat: threat.name)
def test_every_proof_of_a_threat_is_a_test_that_runs(threat: threats.Threat) -> None:
    assert threat.gets
    assert threat.never
    for proof in threat.proofs:
        path, function = proof.split("::")
        assert path.startswith("tests/"), proof
        assert Path(path).name.startswith("test_"), proof
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        assert function in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, proof


def test_the_threats_are_those_of_the_handbook() -> None:
    assert len(threats.THREATS) == 11
    assert all(threat.proofs for threat in threats.THREATS)
