"""How somebody is reached, opened by the worker for one text: what they told last, put together already or not.

A family that corrects its number by its code is texted there from that moment on. Until the worker has put the new
answers together with the earlier ones they lie beside them, sealed on their own.
"""

from typing import Any

from notifications import corrections_of
from notifications.models import Contact
from privacy import vault, worker_key
from privacy.models import DocumentKind, SealedDocument
from privacy.readers import Keys


def told_by(contact: Contact, keys: Keys | None = None) -> dict[str, Any]:
    """What the contact told, the newest on top; raises `vault.Unreadable` if there is nothing, or any of it stays shut.

    An older number may be somebody else's by now, so that it never stands in for a newer one that does not open.
    """
    documents = _documents(contact)
    # Whoever asked too, or a correction that waits. Who has neither costs no more than one query.
    if any(one.subject != contact.id for one in documents):
        waiting = [subject for named in corrections_of for subject in named(contact.id)]
        # Read anew: what was put together in between is in the newest whole document now.
        documents = _documents(contact)
    else:
        waiting = []
    whole = [one for one in documents if one.subject == contact.id]
    if not whole:
        raise vault.Unreadable("nothing to open")
    of_subject = {one.subject: one for one in documents}
    keys = keys or worker_key.load().keys()
    told = vault.open_document(whole[-1], keys=keys)
    for subject in waiting:
        if subject in of_subject:
            told |= vault.open_document(of_subject[subject], keys=keys)
    return told


def phone_of(contact: Contact) -> str:
    """The number, E.164, opened for this one text; raises `Unreadable` if there is none to open."""
    return _opened(contact, "phone")


def address_of(contact: Contact) -> str:
    """The e-mail address, as `phone_of`."""
    return _opened(contact, "email")


def phones_of(contact: Contact) -> list[str]:
    """The newest number, and after it every earlier one that still opens: a lost text may have gone to any of them.

    Raises `Unreadable` if there is no newest one to open.
    """
    phones, keys = [phone_of(contact)], worker_key.load().keys()
    for document in reversed(_documents(contact)):
        if document.subject != contact.id:
            continue
        try:
            phones.append(str(vault.open_document(document, keys=keys).get("phone") or ""))
        except vault.Unreadable:
            continue
    return [phone for phone in dict.fromkeys(phones) if phone]


def _opened(contact: Contact, what: str) -> str:
    value = told_by(contact).get(what)
    if isinstance(value, str) and value:
        return value
    raise vault.Unreadable(f"no {what}")


def _documents(contact: Contact) -> list[SealedDocument]:
    """All of the case, each person's in the order in which they came."""
    sealed = SealedDocument.objects.filter(case_id=contact.case_id, kind=DocumentKind.CONTACT)
    return list(sealed.order_by("version", "created_at"))
