"""What can be done with money: promise it, bill it, sign for it, pay it, publish a quarter."""

from funding.actions.allowances import (
    approve_allowance,
    ask_allowance,
    end_allowance,
    refuse_allowance,
    split_case,
    withdraw_allowance,
)
from funding.actions.asked_releases import ask_release
from funding.actions.bonds import approve_bond, ask_bond, forfeit_bond, refund_bond, refuse_bond, return_to_payer
from funding.actions.following import follow_acceptances, release_expired
from funding.actions.grant_ends import end_grants
from funding.actions.grants import (
    add_budget_line,
    award_grant,
    fund_unfunded,
    return_unspent,
    spend_on_administration,
)
from funding.actions.invoices import (
    BadLinesError,
    add_lines,
    approve_invoice,
    import_invoice,
    prepare_invoice,
    remove_line,
    reopen_invoice,
    return_invoice,
    submit_invoice,
    withdraw_invoice,
)
from funding.actions.payments import make_payment, return_payment
from funding.actions.releases import make_release
from funding.actions.statements import import_statement

__all__ = (
    "BadLinesError",
    "add_budget_line",
    "add_lines",
    "approve_allowance",
    "approve_bond",
    "approve_invoice",
    "ask_allowance",
    "ask_bond",
    "ask_release",
    "award_grant",
    "end_allowance",
    "end_grants",
    "follow_acceptances",
    "forfeit_bond",
    "fund_unfunded",
    "import_invoice",
    "import_statement",
    "make_payment",
    "make_release",
    "prepare_invoice",
    "refund_bond",
    "refuse_allowance",
    "refuse_bond",
    "release_expired",
    "remove_line",
    "reopen_invoice",
    "return_invoice",
    "return_payment",
    "return_to_payer",
    "return_unspent",
    "spend_on_administration",
    "split_case",
    "submit_invoice",
    "withdraw_allowance",
    "withdraw_invoice",
)
