"""The page without a language, beside which everything of a family lives under `/<lang>/`; staff's shortcuts."""

from django.urls import path
from django.urls.resolvers import URLPattern

from web import shortcuts, views

app_name = "web"
urlpatterns: list[URLPattern] = [
    path("", views.languages, name="languages"),
    path("staff/shortcuts/", shortcuts.shortcuts, name="shortcuts"),
]
