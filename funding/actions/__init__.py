"""What can be done with money: award a grant, follow acceptances, record a payment, publish a quarter."""

from funding.actions.following import follow_acceptances
from funding.actions.grants import award_grant, fund_unfunded
from funding.actions.payments import record_disbursement
from funding.actions.releases import make_release

__all__ = ("award_grant", "follow_acceptances", "fund_unfunded", "make_release", "record_disbursement")
