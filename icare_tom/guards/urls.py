"""Guarded pages, mounted before TOM's own: the first match wins."""

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
