"""What a family corrects after a provider took a part of its case: the rest learns it, sealed to its own readers."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.roles import FAMILY, Role
from intake.corrections import may_correct, send_correction
from intake.models import Correction
from intake.questions import BY_NAME
from intake.tasks import merge_all_corrections
from notifications.models import Contact
from privacy import vault
from privacy.models import DocumentKind, SealedDocument
from referrals import events, tasks
from referrals.actions import close, withdraw
from referrals.actions.sharing import lacks_copies, send_what_follows
from referrals.facts import Facts
from referrals.models import Case, CaseEvent, CoordinatorTask, TaskKind
from referrals.policies import WrongState, documents_open_to
from tests import factories
from tests.referrals.test_limited_scope import Commits, accept_a_part, case, commits  # noqa: F401
from tests.services.vault_keys import keys_for

pytestmark = pytest.mark.django_db(databases=["default", "keys"])


def correct(of: Case, page: str, **values: Any) -> Correction:
    return send_correction(case=of, pages=[BY_NAME[page]], values=values, once=uuid4(), by=FAMILY)


def facts(of: Case) -> Facts:
    whole = SealedDocument.objects.filter(case_id=of.pk, kind=DocumentKind.FACTS, subject=of.pk)
    newest = max(whole, key=lambda one: one.version)
    return Facts.from_payload(vault.open_document(newest, keys=keys_for(vault.WORKER)))


def phones(of: Case, reader: str) -> set[str]:
    opened = vault.open_all(vault.latest(of.pk, DocumentKind.CONTACT), keys=keys_for(reader))
    return {payload["phone"] for payload in opened.values()}


def test_a_new_date_triages_the_rest_again_too(case: Case, commits: Commits) -> None:  # noqa: F811
    rest = accept_a_part(case, commits, scope="limited")
    day = timezone.localdate() + timedelta(days=12)

    with commits():
        correct(case, "dates", hearing_day=day)
    merge_all_corrections()

    assert facts(case).hearing_on == facts(rest).hearing_on == day
    assert CaseEvent.objects.filter(case=rest, kind="answers_sent").count() == 1
    assert events.broken_links(case.pk) == events.broken_links(rest.pk) == []


def test_a_new_phone_reaches_the_lawyer_of_each_part(case: Case, commits: Commits) -> None:  # noqa: F811
    rest = accept_a_part(case, commits, scope="limited")
    with commits():
        factories.accept(factories.live_offer(rest), keys=keys_for("binger"))
    tasks.share_contacts()
    assert phones(case, "ahr") == phones(rest, "binger") != {"612-555-0188"}

    with commits():
        correct(case, "contact", phone="612-555-0188")
    merge_all_corrections()

    assert phones(case, "ahr") == phones(rest, "binger") == {"612-555-0188"}
    assert Contact.objects.filter(case_id=rest.pk).count() == 0


def test_a_new_phone_reaches_a_rest_whose_contact_was_not_copied_yet(case: Case, commits: Commits) -> None:  # noqa: F811
    rest = accept_a_part(case, commits, scope="limited")
    with commits():
        correct(case, "contact", phone="612-555-0188")
    merge_all_corrections()

    tasks.share_contacts()

    assert phones(rest, "hotline") == {"612-555-0188"}


def test_neither_provider_can_read_what_is_sealed_to_the_other(case: Case, commits: Commits) -> None:  # noqa: F811
    rest = accept_a_part(case, commits, scope="limited")
    with commits():
        factories.accept(factories.live_offer(rest), keys=keys_for("binger"))

    with commits():
        number = correct(case, "person", names="Otra Persona").pk

    for of, mine, other in ((case, "ahr", "binger"), (rest, "binger", "ahr")):
        (names,) = SealedDocument.objects.filter(case_id=of.pk, kind=DocumentKind.NAMES, subject=number)
        assert vault.open_document(names, keys=keys_for(mine))["names"] == "Otra Persona"
        assert vault.not_wrapped_for(keys_for(other).reader, [names]) == [names]
        assert vault.not_wrapped_for(vault.WORKER, [names]) == [names]
    assert not lacks_copies(Case.objects.get(pk=rest.pk))


def test_a_new_name_of_the_rest_is_checked_for_conflicts_again(case: Case, commits: Commits) -> None:  # noqa: F811
    rest = accept_a_part(case, commits, scope="limited")
    offer = factories.live_offer(rest)
    factories.checked(offer)
    assert DocumentKind.FILE in documents_open_to(factories.staff_of(offer), Case.objects.get(pk=rest.pk))

    with commits():
        correct(case, "person", names="Otra Persona")

    assert DocumentKind.FILE not in documents_open_to(factories.staff_of(offer), Case.objects.get(pk=rest.pk))


def test_the_same_page_sent_twice_is_one_correction_of_each(case: Case, commits: Commits) -> None:  # noqa: F811
    accept_a_part(case, commits, scope="limited")
    once, values = uuid4(), {"afraid": "yes"}

    with commits():
        first, again = (
            send_correction(case=case, pages=[BY_NAME["afraid"]], values=values, once=once, by=FAMILY) for _ in range(2)
        )

    assert first == again
    assert Correction.objects.count() == 2
    assert CoordinatorTask.objects.filter(kind=TaskKind.NEW_ANSWERS).count() == 1


def test_the_family_can_correct_as_long_as_any_part_goes_on(case: Case, commits: Commits) -> None:  # noqa: F811
    rest = accept_a_part(case, commits, scope="limited")
    with commits():
        close(case=case, outcome="bond_granted", by=factories.actor(Role.COORDINATOR))
    assert may_correct(Case.objects.get(pk=case.pk))
    day = timezone.localdate() + timedelta(days=12)

    with commits():
        correct(case, "dates", hearing_day=day)
    merge_all_corrections()

    assert facts(rest).hearing_on == day
    assert not Correction.objects.filter(case_id=case.pk).exists()
    with commits():
        withdraw(case=rest, by=FAMILY)
    with pytest.raises(WrongState):
        correct(case, "dates", hearing_day=day)


def test_a_rest_that_waits_for_its_copies_learns_it_when_they_come(case: Case, commits: Commits) -> None:  # noqa: F811
    rest = accept_a_part(case, commits, reader="", scope="limited")
    day = timezone.localdate() + timedelta(days=12)
    with commits():
        correct(case, "dates", hearing_day=day)
    merge_all_corrections()
    assert Correction.objects.filter(case_id=rest.pk, settled_at=None).count() == 1

    send_what_follows(keys=keys_for("hotline"), now=timezone.now())
    merge_all_corrections()

    assert facts(rest).hearing_on == day
    assert not Correction.objects.filter(settled_at=None).exists()
