"""All routes: family pages under `/<lang>/`, staff under `/staff/`, and the fixed names of docs/architecture.md."""

from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path
from django.urls.resolvers import URLPattern, URLResolver
from drf_spectacular.views import SpectacularAPIView

from config import health
from intake.urls import call_urls
from intake.urls import family_urls as intake_family_urls
from intake.urls import search_urls as intake_search_urls
from intake.urls import staff_urls as intake_staff_urls
from referrals.api import router as referrals_router

urlpatterns: list[URLPattern | URLResolver] = [
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
    path("", include("web.urls")),
    path("staff/admin/", admin.site.urls),
    path("staff/", include("accounts.urls")),
    path("staff/cases/", include(intake_staff_urls)),
    path("staff/calls/", include(call_urls)),
    path("staff/search/", include(intake_search_urls)),
    path("staff/", include("referrals.urls")),
    path("staff/", include("providers.urls")),
    path("api/v1/", include(referrals_router.urls)),
    path("api/v1/hsds/", include("providers.hsds.urls")),
    path("api/v1/schema/", SpectacularAPIView.as_view(), name="api-schema"),
    *i18n_patterns(path("", include(intake_family_urls))),
    path("", include("funding.urls")),
    path("", include("notifications.urls")),
    path("", include("intake.voice.urls")),
]

handler400 = "web.views.bad_request"
handler403 = "web.views.permission_denied"
handler404 = "web.views.page_not_found"
handler500 = "web.views.server_error"
