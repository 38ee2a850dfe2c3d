"""`/api/v1/hsds/…`: the directory, open to anybody, read-only. Paths, paging and parameters are the standard's."""

from collections.abc import Callable
from math import ceil
from typing import Any
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_control
from django.views.decorators.http import conditional_page
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from providers.hsds import documented
from providers.hsds.directory import VERSION, Directory, nested_organization, organization_id, service_id
from providers.hsds.terms import TAXONOMIES, taxonomy

PROFILE = "https://docs.openreferral.org/en/latest/hsds/"
MOST_A_PAGE = 100
PAGE_SIZE = 50
# A program that closes should not be shown open for long; the figures themselves change once a night.
FRESH_SECONDS = 300

Records = list[dict[str, Any]]


@method_decorator([conditional_page, cache_control(public=True, max_age=FRESH_SECONDS)], name="dispatch")
class PublicView(APIView):
    """Anybody may read it and no session is looked at, so that one answer can be kept for all."""

    authentication_classes = ()
    permission_classes = (AllowAny,)


class Root(PublicView):
    """Which version of the standard this is, and where it is described."""

    @extend_schema(operation_id="hsds_root", responses={200: documented.ROOT})
    def get(self, request: Request) -> Response:
        base = settings.PUBLIC_BASE_URL or request.build_absolute_uri("/").rstrip("/")
        # The standard asks for the JSON form; without a format the schema is YAML.
        described = f"{base}{reverse('api-schema')}?format=json"
        return Response({"version": VERSION, "profile": PROFILE, "openapi_url": described})


def in_pages(request: Request, records: Records) -> Response:
    """One page of records in the standard's envelope; ValidationError for a page that is no number."""
    size = _number(request, "per_page", PAGE_SIZE, at_most=MOST_A_PAGE)
    number = _number(request, "page", 1)
    pages = ceil(len(records) / size)
    shown = records[(number - 1) * size : number * size]
    return Response(
        {
            "total_items": len(records),
            "total_pages": pages,
            "page_number": number,
            "size": len(shown),
            "first_page": number == 1,
            "last_page": number >= pages,
            "empty": not shown,
            "contents": shown,
        }
    )


def _number(request: Request, name: str, default: int, *, at_most: int = 10**6) -> int:
    typed = request.query_params.get(name, str(default))
    if not (typed.isascii() and typed.isdigit() and len(typed) <= 7 and 1 <= int(typed) <= at_most):
        raise ValidationError({name: [f"A whole number from 1 to {at_most}."]})
    return int(typed)


def _is_full(request: Request) -> bool:
    typed = request.query_params.get("full", "false").lower()
    if typed not in ("true", "false"):
        raise ValidationError({"full": ["true or false."]})
    return typed == "true"


def _id(request: Request, name: str) -> str | None:
    typed = request.query_params.get(name)
    if typed is None:
        return None
    try:
        return str(UUID(typed))
    except ValueError:
        raise ValidationError({name: ["An id is a UUID."]}) from None


def _one(found: list[Any], id_of: Callable[[Any], str], wanted: UUID) -> Any:
    for one in found:
        if id_of(one) == str(wanted):
            return one
    raise NotFound("There is no record with this id.")


def _record_id(record: dict[str, Any]) -> str:
    return str(record["id"])


class Organizations(PublicView):
    @extend_schema(
        operation_id="hsds_organizations",
        parameters=[documented.PAGE, documented.PER_PAGE, documented.FULL],
        responses={200: documented.page_of(documented.ORGANIZATION), 400: documented.PROBLEM},
    )
    def get(self, request: Request) -> Response:
        """The providers, by code."""
        return in_pages(request, Directory.read(timezone.now()).organizations(full=_is_full(request)))


class OneOrganization(PublicView):
    @extend_schema(operation_id="hsds_organization", responses={200: documented.ORGANIZATION, 404: documented.PROBLEM})
    def get(self, request: Request, record_id: UUID) -> Response:
        """One provider with its phones and location."""
        providers = Directory.read(timezone.now()).providers
        return Response(nested_organization(_one(providers, organization_id, record_id)))


class Services(PublicView):
    @extend_schema(
        operation_id="hsds_services",
        parameters=[
            documented.PAGE,
            documented.PER_PAGE,
            documented.FULL,
            documented.OF_ORGANIZATION,
            documented.WITH_TERM,
        ],
        responses={200: documented.page_of(documented.SERVICE), 400: documented.PROBLEM},
    )
    def get(self, request: Request) -> Response:
        """The programs, by provider and kind; `full` with room, schedules and case types."""
        directory, term = Directory.read(timezone.now()), _id(request, "taxonomy_term_id")
        owner = _id(request, "organization_id")
        wanted = [
            one
            for one in directory.programs
            if owner in (None, organization_id(one.provider)) and (term is None or directory.has_term(one, term))
        ]
        full = _is_full(request)
        return in_pages(request, [directory.nested_service(one) if full else directory.service(one) for one in wanted])


class OneService(PublicView):
    @extend_schema(operation_id="hsds_service", responses={200: documented.SERVICE, 404: documented.PROBLEM})
    def get(self, request: Request, record_id: UUID) -> Response:
        """One program with its room, schedules, languages and case types."""
        directory = Directory.read(timezone.now())
        return Response(directory.nested_service(_one(directory.programs, service_id, record_id)))


class AtLocations(PublicView):
    @extend_schema(
        operation_id="hsds_service_at_locations",
        parameters=[documented.PAGE, documented.PER_PAGE, documented.FULL],
        responses={200: documented.page_of(documented.AT_LOCATION), 400: documented.PROBLEM},
    )
    def get(self, request: Request) -> Response:
        """Which program is reached where: all of them by telephone."""
        return in_pages(request, Directory.read(timezone.now()).at_locations(full=_is_full(request)))


class OneAtLocation(PublicView):
    @extend_schema(
        operation_id="hsds_service_at_location", responses={200: documented.AT_LOCATION, 404: documented.PROBLEM}
    )
    def get(self, request: Request, record_id: UUID) -> Response:
        """One program at its location."""
        found = Directory.read(timezone.now()).at_locations(full=True)
        return Response(_one(found, _record_id, record_id))


class Taxonomies(PublicView):
    @extend_schema(
        operation_id="hsds_taxonomies",
        parameters=[documented.PAGE, documented.PER_PAGE],
        responses={200: documented.page_of(documented.TAXONOMY), 400: documented.PROBLEM},
    )
    def get(self, request: Request) -> Response:
        """The taxonomies the services are classified by."""
        return in_pages(request, [taxonomy(key) for key in TAXONOMIES])


class OneTaxonomy(PublicView):
    @extend_schema(operation_id="hsds_taxonomy", responses={200: documented.TAXONOMY, 404: documented.PROBLEM})
    def get(self, request: Request, record_id: UUID) -> Response:
        """One taxonomy."""
        return Response(_one([taxonomy(key) for key in TAXONOMIES], _record_id, record_id))


class Terms(PublicView):
    @extend_schema(
        operation_id="hsds_taxonomy_terms",
        parameters=[documented.PAGE, documented.PER_PAGE, documented.OF_TAXONOMY],
        responses={200: documented.page_of(documented.TERM), 400: documented.PROBLEM},
    )
    def get(self, request: Request) -> Response:
        """The terms: LIST codes, and the fund's case types of today."""
        wanted = _id(request, "taxonomy_id")
        terms = Directory.read(timezone.now()).terms()
        return in_pages(request, [one for one in terms if wanted in (None, one["taxonomy_id"])])


class OneTerm(PublicView):
    @extend_schema(operation_id="hsds_taxonomy_term", responses={200: documented.TERM, 404: documented.PROBLEM})
    def get(self, request: Request, record_id: UUID) -> Response:
        """One term."""
        return Response(_one(Directory.read(timezone.now()).terms(), _record_id, record_id))
