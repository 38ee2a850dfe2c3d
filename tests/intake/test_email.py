"""An address for news: asked where it is safe, sealed like the number, changed by a correction."""

import pytest

from intake.actions import submit_draft
from intake.forms.family import MUST_NOT_KNOW
from intake.tasks import merge_all_corrections
from notifications.models import Contact
from privacy import vault
from privacy.models import DocumentKind
from tests import factories
from tests.intake.family import Family, text
from tests.intake.test_corrections import correct
from tests.intake.test_rights import with_code
from tests.intake.test_sending import a_draft
from tests.services.vault_keys import keys_for

pytestmark = pytest.mark.django_db

ADDRESS = "Madre.Inventada@example.org"


def sealed_contact() -> dict[str, object]:
    contact = Contact.objects.get()
    newest = [one for one in vault.latest(contact.case_id, DocumentKind.CONTACT) if one.subject == contact.pk]
    return vault.open_document(newest[0], keys=keys_for("hotline"))


@pytest.mark.parametrize(("typed", "may_email"), [(ADDRESS, True), ("", False)])
def test_an_address_is_sealed_and_the_column_says_only_that_there_is_one(typed: str, may_email: bool) -> None:
    factories.room()

    submit_draft(draft=a_draft(reach={"email": typed}))

    assert Contact.objects.get().may_email is may_email
    assert sealed_contact()["email"] == typed


@pytest.mark.parametrize("typed", ["nobody", "a@b", "a b@example.org", "a@example.org, b@example.org", "@example.org"])
def test_what_is_no_address_is_said_and_the_rest_stays(typed: str) -> None:
    family = Family()
    family.begin()
    family.answer("contact")

    page = text(family.answer("reach", email=typed))

    assert "We cannot write to this address." in page


def test_where_somebody_who_must_not_know_sees_the_phone_no_address_is_asked() -> None:
    family = Family()
    family.begin()
    family.answer("contact", shared=MUST_NOT_KNOW)

    page = text(family.get("ask/reach/"))

    assert 'name="hours"' in page
    assert 'name="email"' not in page


def test_the_part_after_the_sign_is_written_small() -> None:
    factories.room()

    submit_draft(draft=a_draft(reach={"email": "Madre@EXAMPLE.Org"}))

    assert sealed_contact()["email"] == "Madre@example.org"


def test_a_correction_brings_an_address() -> None:
    factories.room()
    family, _case = with_code()

    correct(family, "reach", may_text="no", may_call="yes", hours="day", text_language="en", email=ADDRESS)
    merge_all_corrections()

    assert Contact.objects.get().may_email is True
    assert sealed_contact()["email"] == ADDRESS
