"""The page without a language; everything else of a family lives under `/<lang>/`."""

from django.urls import path
from django.urls.resolvers import URLPattern

from web import views

app_name = "web"
urlpatterns: list[URLPattern] = [path("", views.languages, name="languages")]
