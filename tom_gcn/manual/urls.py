"""Where events are entered by hand. Before the events themselves: no event is called “new”."""

from django.urls import path

from tom_gcn.manual.views import NewEventView

urlpatterns = [path("", NewEventView.as_view(), name="new")]
