"""Pages of telescopes."""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from tom_grandma_facilities import channel_views, views

app_name = "telescopes"


class TelescopeNameConverter(StringConverter):
    """Letters, digits, dots and hyphens."""

    regex = "[A-Za-z0-9.-]+"


register_converter(TelescopeNameConverter, "telescope")

urlpatterns = [
    path("", views.TelescopeListView.as_view(), name="list"),
    path("observe/", views.ObserveView.as_view(), name="observe"),
    path("channels/", channel_views.ChannelListView.as_view(), name="channels"),
    path("allocations/", channel_views.AllocationListView.as_view(), name="allocations"),
    path("allocations/new/", channel_views.AllocationView.as_view(), name="allocation-new"),
    path("allocations/<int:pk>/", channel_views.AllocationView.as_view(), name="allocation"),
    path("<telescope:name>/channel/", channel_views.ChannelView.as_view(), name="channel"),
    path("<telescope:name>/", views.TelescopeDetailView.as_view(), name="detail"),
    path("<telescope:name>/status/", views.TelescopeStatusView.as_view(), name="status"),
]
