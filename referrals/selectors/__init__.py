"""What staff read: the queue, one case, an organization's offers. Each in a number of queries that never grows."""

from referrals.selectors.board import board
from referrals.selectors.case_page import CasePage, case_page
from referrals.selectors.first_answer import first_answers
from referrals.selectors.offers import Desk, OfferLine, offers_for, visible_cases, visible_offers
from referrals.selectors.parts import WITH_SOMEBODY, of_organization, type_names, where
from referrals.selectors.queue import CountedFilter, Queue, Row, queue
from referrals.selectors.workload import workload

__all__ = (
    "WITH_SOMEBODY",
    "CasePage",
    "CountedFilter",
    "Desk",
    "OfferLine",
    "Queue",
    "Row",
    "board",
    "case_page",
    "first_answers",
    "of_organization",
    "offers_for",
    "queue",
    "type_names",
    "visible_cases",
    "visible_offers",
    "where",
    "workload",
)
