"""Money and releases; these paths are fixed names of docs/architecture.md."""

from django.urls import path
from django.urls.resolvers import URLPattern

from funding import views

app_name = "funding"

urlpatterns: list[URLPattern] = [
    path("staff/money/", views.money, name="money"),
    path("staff/money/publish/", views.publish, name="publish"),
    path("staff/money/<uuid:commitment_id>/pay/", views.record_payment, name="record_payment"),
    path("funders/", views.funders, name="funders"),
]
