"""What a stage of a case costs: by the provider's agreement, or else by the fund's list."""

from datetime import date

from funding.models import AgreementPrice, ProviderAgreement, StagePrice
from providers.models import Provider

ANY_OTHER_TYPE = "*"


class NoPriceError(LookupError):
    """Neither the provider's agreement nor the price list has a row for it on that day."""


def first_price(case_type: str, day: date) -> StagePrice:
    """The list's row for a case of this type: the stage it begins with, and its price. Raises NoPriceError."""
    # Where two rows cover the day, the newer one counts.
    rows = StagePrice.objects.on(day).filter(case_type__in=[case_type, ANY_OTHER_TYPE]).order_by("valid_from")
    prices = {row.case_type: row for row in rows}
    if not prices:
        raise NoPriceError(case_type)
    return prices.get(case_type) or prices[ANY_OTHER_TYPE]


def stage_price(provider: Provider, stage: str, case_type: str, day: date) -> int:
    """Cents for the stage. The agreement counts first, then the list's row for the case type, then any for the stage.

    Raises NoPriceError.
    """
    agreements = ProviderAgreement.objects.on(day).filter(provider=provider)
    agreed = AgreementPrice.objects.filter(agreement__in=agreements, stage=stage)
    if (price := agreed.order_by("-agreement__valid_from").first()) is not None:
        return price.cents
    # The newest row of each case type, the cheapest where several types begin with the stage.
    rows = list(StagePrice.objects.on(day).filter(stage=stage).order_by("-valid_from", "cents", "case_type"))
    own = [row for row in rows if row.case_type == case_type]
    if not rows:
        raise NoPriceError(stage)
    return (own or rows)[0].cents
