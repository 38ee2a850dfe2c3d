"""What a family takes along after sending: code, number, what happens, whom to call; in their language and in English.

The receipt is made in memory for one answer, from what the browser's own draft still holds; it is written nowhere.
"""

from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.functional import Promise

from intake.drafts import OpenDraft
from intake.phones import FREE_FROM_DETENTION, ILCM, city_line
from intake.status import NEXT_BY_URGENCY
from privacy.return_codes import show
from web.languages import DRAFT_LANGUAGES
from web.templatetags.advice import INSIDE


class NoPdf(Exception):
    """This server has not got what PDF files are made with."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """One sent request, as its family's browser may still show it; `language` is the family's."""

    language: str
    code: str = field(repr=False)
    reference: str
    next_sentence: str | Promise

    def context(self) -> dict[str, Any]:
        """What the templates draw: once for each of `sides`, the family's first unless nobody has checked it."""
        order = ("en", self.language) if self.language in DRAFT_LANGUAGES else (self.language, "en")
        return {
            "receipt": self,
            # The English stands beside it anyway.
            INSIDE: True,
            # Each half names the help line that speaks its reader's language.
            "sides": [(code, [ILCM, city_line(code)]) for code in dict.fromkeys(order)],
            "helpline": settings.HELPLINE,
            "free_from_detention": FREE_FROM_DETENTION,
        }


def receipt_of(draft: OpenDraft, language: str) -> Receipt:
    """The receipt of a submitted draft."""
    content = draft.content
    return Receipt(language, show(draft.code), content["reference"], NEXT_BY_URGENCY[content["urgency"]])


def as_pdf(receipt: Receipt) -> bytes:
    """The receipt as a tagged PDF/UA-1 file in memory; raises `NoPdf` where Pango is not installed.

    Nothing is loaded from anywhere. The file's title is neutral and nobody is named as its author.
    """
    try:
        from weasyprint import HTML
        from weasyprint.urls import URLFetcher
    except OSError as error:
        raise NoPdf from error
    page = render_to_string("intake/receipt_print.html", receipt.context())
    html = HTML(string=page, url_fetcher=URLFetcher(allowed_protocols=()))
    pdf: bytes = html.write_pdf(pdf_variant="pdf/ua-1")
    return pdf
