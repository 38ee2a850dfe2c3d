"""Invoices, payments, the bank's statement, allowances, splits and bonds."""

from collections.abc import Callable, Iterator

from playwright.sync_api import Page

from accounts.roles import Role
from funding.actions.administration import approve_administration, ask_administration
from funding.models import AdministrationCost, Bond, Grant, Invoice, MoneyRule, PaymentItem, ProviderAgreement
from tests.browser.going import Visit, at, open_, visit
from tests.browser.world import World
from tests.factories import actor
from tests.story.family import press

BAD_INVOICE = b'case,stage,date,amount\nZZZ-ZZZ,habeas,2026-11-05,2500.00\nZZZ-ZZZ,habeas,2026-11-05,"2500,00"\n'


def every_visit() -> Iterator[Visit]:
    yield from invoice_visits()
    yield from payment_visits()
    yield from terms_visits()
    yield from ledger_visits()


def invoice_visits() -> Iterator[Visit]:
    def of_state(state: str, code: str = "") -> Callable[[World, Page], None]:
        def go(world: World, page: Page) -> None:
            found = Invoice.objects.filter(state=state, number__startswith=code).order_by("number").first()
            assert found is not None
            open_(world, page, f"/staff/invoices/{found.pk}/")

        return go

    def without_a_stage(world: World, page: Page) -> None:
        open_(world, page, "/staff/invoices/new/")
        press(page)

    def make_draft(world: World, page: Page) -> None:
        open_(world, page, "/staff/invoices/new/")
        page.click("label[for=id_stages_0]")
        made = world.commitment
        assert made is not None
        for part, typed in enumerate((made.committed_at.month, made.committed_at.day, made.committed_at.year)):
            page.fill(f"[name=day_{part}]", str(typed))
        press(page, "main button[type=submit]")

    def bad_file(world: World, page: Page) -> None:
        open_(world, page, "/staff/invoices/import/")
        page.set_input_files("[name=file]", {"name": "lines.csv", "mimeType": "text/csv", "buffer": BAD_INVOICE})
        press(page, "main button[type=submit]")

    def no_file(world: World, page: Page) -> None:
        open_(world, page, "/staff/invoices/import/")
        press(page, "main button[type=submit]")

    def void(world: World, page: Page) -> None:
        found = Invoice.objects.filter(state="approved").order_by("number").first()
        assert found is not None
        agreements = ProviderAgreement.objects.filter(provider=found.provider)
        agreements.update(payee="OTHER-1")
        open_(world, page, f"/staff/invoices/{found.pk}/")
        agreements.update(payee=found.payee)

    def large(world: World, page: Page) -> None:
        rules = MoneyRule.objects.filter(valid_to=None)
        before = rules.values_list("funder_signature_cents", flat=True)[0]
        rules.update(funder_signature_cents=1)
        open_(world, page, "/staff/to-sign/")
        rules.update(funder_signature_cents=before)

    one = "staff/invoices/<uuid:invoice_id>/"
    yield visit("staff/invoices/", "invoices of a provider", Role.PROVIDER_LEAD, at("/staff/invoices/"))
    yield visit("staff/invoices/", "invoices", Role.FINANCE, at("/staff/invoices/"))
    yield visit("staff/invoices/new/", "prepare an invoice", Role.PROVIDER_LEAD, at("/staff/invoices/new/"))
    yield visit("staff/invoices/new/", "an invoice without a stage", Role.PROVIDER_LEAD, without_a_stage)
    yield visit("staff/invoices/import/", "invoice from a file", Role.PROVIDER_LEAD, at("/staff/invoices/import/"))
    yield visit("staff/invoices/import/", "a file with bad lines", Role.PROVIDER_LEAD, bad_file)
    yield visit("staff/invoices/import/", "no file", Role.PROVIDER_LEAD, no_file)
    yield visit(one, "invoice to sign", Role.FINANCE, of_state("submitted"))
    yield visit(one, "invoice sent", Role.PROVIDER_LEAD, of_state("submitted", "AHR"))
    yield visit(one, "invoice paid", Role.AUDITOR, of_state("paid"))
    yield visit(one, "a draft", Role.PROVIDER_LEAD, make_draft)
    yield visit(one, "invoice whose signatures are void", Role.FINANCE, void)
    yield visit("staff/to-sign/", "nothing for a funder to sign", Role.FUNDER, at("/staff/to-sign/"))
    yield visit("staff/to-sign/", "a large invoice for its funder to sign", Role.FUNDER, large)


def payment_visits() -> Iterator[Visit]:
    def pay_nothing(world: World, page: Page) -> None:
        open_(world, page, "/staff/payments/")
        press(page, "main button:has-text('Make the payment file')")

    def came_back(world: World, page: Page) -> None:
        item = PaymentItem.objects.order_by("id").first()
        assert item is not None
        open_(world, page, f"/staff/payments/items/{item.pk}/return/")

    def came_back_without_a_day(world: World, page: Page) -> None:
        came_back(world, page)
        press(page, "main button[type=submit]")

    def statement(world: World, page: Page) -> None:
        item = PaymentItem.objects.order_by("id").first()
        assert item is not None
        dollars = f"{item.cents // 100}.{item.cents % 100:02}"
        day = item.file.pays_on.isoformat()
        content = f"date,amount,description\n{day},-{dollars},ACH {item.trace}\n{day},12.00,Interest\n"
        open_(world, page, "/staff/payments/statements/")
        page.set_input_files("[name=file]", {"name": "bank.csv", "mimeType": "text/csv", "buffer": content.encode()})
        press(page, "main button[type=submit]")

    def bad_statement(world: World, page: Page) -> None:
        open_(world, page, "/staff/payments/statements/")
        content = b"date,amount,description\nsoon,much,x\n"
        page.set_input_files("[name=file]", {"name": "bank.csv", "mimeType": "text/csv", "buffer": content})
        press(page, "main button[type=submit]")

    yield visit("staff/payments/", "payments", Role.FINANCE, at("/staff/payments/"))
    yield visit("staff/payments/", "payments of an auditor", Role.AUDITOR, at("/staff/payments/"))
    yield visit("staff/payments/", "pay nothing", Role.FINANCE, pay_nothing)
    back = "staff/payments/items/<int:item_id>/return/"
    yield visit(back, "a payment came back", Role.FINANCE, came_back)
    yield visit(back, "a payment came back on no day", Role.FINANCE, came_back_without_a_day)
    yield visit("staff/payments/statements/", "statement", Role.FINANCE, at("/staff/payments/statements/"))
    yield visit("staff/payments/statements/", "statement read in", Role.FINANCE, statement)
    yield visit("staff/payments/statements/", "a bad statement", Role.FINANCE, bad_statement)


def ledger_visits() -> Iterator[Visit]:
    """Administration's cost, what goes back to a funder, the journal and a correction."""

    def ask_nothing(world: World, page: Page) -> None:
        open_(world, page, "/staff/money/administration/")
        press(page, "main button:has-text('Ask')")

    def cost() -> AdministrationCost:
        made = AdministrationCost.objects.first()
        if made is None:
            of = Grant.objects.filter(kind="program").order_by("id")[0]
            Grant.objects.filter(pk=of.pk).update(admin_cap_percent=10)
            made = ask_administration(grant=of, cents=120_000, on=of.starts_on, by=actor(Role.FINANCE))
        return made

    def asked(world: World, page: Page) -> None:
        cost()
        open_(world, page, "/staff/money/administration/")

    def give_back(world: World, page: Page) -> None:
        open_(world, page, f"/staff/money/grants/{cost().grant_id}/return/")

    def give_back_too_early(world: World, page: Page) -> None:
        give_back(world, page)
        press(page, "main form.form button[type=submit]")

    def take_back(world: World, page: Page) -> None:
        made = cost()
        if made.entry_id is None:
            made = approve_administration(cost=made, by=actor(Role.APPROVER))
        open_(world, page, f"/staff/money/journal/{made.entry_id}/reverse/")

    def take_back_on_no_day(world: World, page: Page) -> None:
        take_back(world, page)
        press(page, "main form.form button[type=submit]")

    route = "staff/money/administration/"
    yield visit(route, "administration", Role.FINANCE, at("/staff/money/administration/"))
    yield visit(route, "administration of nothing", Role.FINANCE, ask_nothing)
    yield visit(route, "administration to sign", Role.APPROVER, asked)
    back = "staff/money/grants/<int:grant_id>/return/"
    yield visit(back, "money goes back", Role.FINANCE, give_back)
    yield visit(back, "money goes back on no day", Role.FINANCE, give_back_too_early)
    reverse = "staff/money/journal/<uuid:entry_id>/reverse/"
    yield visit(reverse, "a posting to take back", Role.FINANCE, take_back)
    yield visit(reverse, "a posting to take back on no day", Role.FINANCE, take_back_on_no_day)
    yield visit("staff/money/journal/", "journal", Role.FINANCE, at("/staff/money/journal/"))
    yield visit("staff/money/journal/", "journal of an auditor", Role.AUDITOR, at("/staff/money/journal/"))


def terms_visits() -> Iterator[Visit]:
    def press_empty(path: str, button: str) -> Callable[[World, Page], None]:
        def go(world: World, page: Page) -> None:
            open_(world, page, path)
            press(page, f"main button:has-text('{button}')")

        return go

    def end(world: World, page: Page) -> None:
        bond = Bond.objects.filter(state="posted").first()
        assert bond is not None
        open_(world, page, f"/staff/bonds/{bond.pk}/end/refund/")

    yield visit("staff/allowances/", "allowances", Role.APPROVER, at("/staff/allowances/"))
    yield visit("staff/allowances/", "ask for nothing", Role.PROVIDER_LEAD, press_empty("/staff/allowances/", "Ask"))
    yield visit("staff/money/splits/", "splits", Role.FINANCE, at("/staff/money/splits/"))
    yield visit("staff/money/splits/", "split of nothing", Role.FINANCE, press_empty("/staff/money/splits/", "Save"))
    yield visit("staff/bonds/", "bonds", Role.FINANCE, at("/staff/bonds/"))
    yield visit("staff/bonds/", "a bond of nothing", Role.PROVIDER_LEAD, press_empty("/staff/bonds/", "Ask"))
    yield visit("staff/bonds/<uuid:bond_id>/end/<slug:end>/", "a bond came back", Role.FINANCE, end)
