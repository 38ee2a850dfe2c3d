"""The letter that reminds an agency of a certification: a page to print, and a PDF made in memory.

The person's name is nowhere in it, because it is nowhere here: the letter has a line for it, to be filled by hand.
"""

from datetime import date
from typing import Any

from django.template.loader import render_to_string

from accounts.models import Organization
from referrals.models import CertificationRequest
from referrals.models.certification import CITY_AGENCIES

# City of Minneapolis, certification process page (read Sept 2026).
CITY_ADDRESS = "visa@minneapolismn.gov"


class NoPdf(Exception):
    """This server has not got what PDF files are made with."""


def letter(request: CertificationRequest, sender: Organization, *, today: date) -> dict[str, Any]:
    """What the templates draw: the request, who writes, and where the letter goes."""
    is_citys = request.agency in CITY_AGENCIES
    return {
        "request_": request,
        "sender": sender.name,
        "today": today,
        "is_citys": is_citys,
        "address": CITY_ADDRESS if is_citys else "",
        "days_since": (today - request.requested_on).days,
    }


def as_pdf(context: dict[str, Any]) -> bytes:
    """The letter as a tagged PDF/UA-1 file; raises `NoPdf` where Pango is not installed. Nothing is loaded."""
    try:
        from weasyprint import HTML
        from weasyprint.urls import URLFetcher
    except OSError as error:
        raise NoPdf from error
    page = render_to_string("referrals/certification_letter_print.html", context)
    html = HTML(string=page, url_fetcher=URLFetcher(allowed_protocols=()))
    pdf: bytes = html.write_pdf(pdf_variant="pdf/ua-1")
    return pdf
