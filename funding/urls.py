"""Money and releases; these paths are fixed names of docs/architecture.md."""

from django.urls import path
from django.urls.resolvers import URLPattern

from funding import (
    views,
    views_administration,
    views_cosigning,
    views_invoices,
    views_payments,
    views_releases,
    views_terms,
)

app_name = "funding"

urlpatterns: list[URLPattern] = [
    path("staff/money/", views.money, name="money"),
    path("staff/money/publish/", views.publish, name="publish"),
    path("staff/money/months/<int:month_id>/close/", views_payments.close, name="close_month"),
    path("staff/money/administration/", views_administration.administration, name="administration"),
    path(
        "staff/money/administration/<uuid:cost_id>/<slug:decision>/",
        views_administration.decide_administration,
        name="decide_administration",
    ),
    path("staff/money/grants/<int:grant_id>/return/", views_administration.give_back, name="give_back"),
    path("staff/money/journal/", views_administration.journal, name="journal"),
    path("staff/money/journal/<uuid:entry_id>/reverse/", views_administration.reverse_entry, name="reverse_entry"),
    path("staff/money/splits/", views_terms.splits, name="splits"),
    path("staff/invoices/", views_invoices.invoices, name="invoices"),
    path("staff/invoices/new/", views_invoices.new_invoice, name="new_invoice"),
    path("staff/invoices/import/", views_invoices.import_invoice, name="import_invoice"),
    path("staff/invoices/<uuid:invoice_id>/", views_invoices.invoice, name="invoice"),
    path(
        "staff/invoices/<uuid:invoice_id>/lines/<int:line_id>/remove/", views_invoices.remove_line, name="remove_line"
    ),
    path("staff/invoices/<uuid:invoice_id>/send/", views_invoices.submit_invoice, name="submit_invoice"),
    path("staff/invoices/<uuid:invoice_id>/withdraw/", views_invoices.withdraw_invoice, name="withdraw_invoice"),
    path("staff/invoices/<uuid:invoice_id>/sign/", views_invoices.approve_invoice, name="approve_invoice"),
    path("staff/invoices/<uuid:invoice_id>/return/", views_invoices.return_invoice, name="return_invoice"),
    path("staff/invoices/<uuid:invoice_id>/reopen/", views_invoices.reopen_invoice, name="reopen_invoice"),
    path("staff/payments/", views_payments.payments, name="payments"),
    path("staff/payments/<uuid:file_id>.csv", views_payments.payment_file, name="payment_file"),
    path("staff/payments/items/<int:item_id>/return/", views_payments.return_payment, name="return_payment"),
    path("staff/payments/statements/", views_payments.statements, name="statements"),
    path("staff/allowances/", views_terms.allowances, name="allowances"),
    path("staff/allowances/<uuid:allowance_id>/withdraw/", views_terms.withdraw_allowance, name="withdraw_allowance"),
    path(
        "staff/allowances/<uuid:allowance_id>/<slug:decision>/", views_terms.decide_allowance, name="decide_allowance"
    ),
    path("staff/bonds/", views_terms.bonds, name="bonds"),
    path("staff/bonds/<uuid:bond_id>/decide/<slug:decision>/", views_terms.decide_bond, name="decide_bond"),
    path("staff/bonds/<uuid:bond_id>/end/<slug:end>/", views_terms.end_bond, name="end_bond"),
    path("funders/", views_releases.funders, name="funders"),
    path("funders/mail/", views_releases.release_mail, name="release_mail"),
    path("funders/years/<int:number>/", views_releases.year, name="release_year"),
    path("funders/<slug:quarter>/", views_releases.release, name="release"),
    path("funders/<slug:quarter>/report.<slug:file_format>", views_releases.release_file, name="release_file"),
    path(
        "funders/<slug:quarter>/editions/<slug:edition>.<slug:file_format>",
        views_releases.edition_file,
        name="edition_file",
    ),
    path("reports/", views_releases.reports, name="reports"),
    path("reports/years/<int:number>/", views_releases.report_year, name="report_year"),
    path("reports/<slug:quarter>/", views_releases.report, name="report"),
    path("reports/<slug:quarter>/report.<slug:file_format>", views_releases.report_file, name="report_file"),
    path("staff/to-sign/", views_cosigning.to_cosign, name="to_cosign"),
    path("staff/to-sign/<uuid:invoice_id>/", views_cosigning.cosign, name="cosign"),
]
