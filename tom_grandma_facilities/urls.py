"""Pages of telescopes."""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from tom_grandma_facilities import views

app_name = "telescopes"


class TelescopeNameConverter(StringConverter):
    """Letters, digits, dots and hyphens."""

    regex = "[A-Za-z0-9.-]+"


register_converter(TelescopeNameConverter, "telescope")

urlpatterns = [
    path("", views.TelescopeListView.as_view(), name="list"),
    path("observe/", views.ObserveView.as_view(), name="observe"),
    path("<telescope:name>/", views.TelescopeDetailView.as_view(), name="detail"),
    path("<telescope:name>/status/", views.TelescopeStatusView.as_view(), name="status"),
]
