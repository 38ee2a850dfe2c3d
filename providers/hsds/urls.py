"""The standard's paths, without a slash at the end; under /api/v1/hsds/."""

from django.urls import path
from django.urls.resolvers import URLPattern

from providers.hsds import views

app_name = "hsds"
urlpatterns: list[URLPattern] = [
    path("", views.Root.as_view(), name="root"),
    path("organizations", views.Organizations.as_view(), name="organizations"),
    path("organizations/<uuid:record_id>", views.OneOrganization.as_view(), name="organization"),
    path("services", views.Services.as_view(), name="services"),
    path("services/<uuid:record_id>", views.OneService.as_view(), name="service"),
    path("service_at_locations", views.AtLocations.as_view(), name="service_at_locations"),
    path("service_at_locations/<uuid:record_id>", views.OneAtLocation.as_view(), name="service_at_location"),
    path("taxonomies", views.Taxonomies.as_view(), name="taxonomies"),
    path("taxonomies/<uuid:record_id>", views.OneTaxonomy.as_view(), name="taxonomy"),
    path("taxonomy_terms", views.Terms.as_view(), name="taxonomy_terms"),
    path("taxonomy_terms/<uuid:record_id>", views.OneTerm.as_view(), name="taxonomy_term"),
]
