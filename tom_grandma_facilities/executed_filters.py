"""Filters of executed observations, for the page and the API."""

from typing import Any

import django_filters as filters
from django import forms

from tom_grandma_facilities.forms import UtcDateTimeInput
from tom_grandma_facilities.models import ExecutedObservation
from tom_grandma_facilities.registry import TELESCOPES


class ExecutedObservationFilter(filters.FilterSet):
    """By telescope, filter, time and upload."""

    telescope = filters.ChoiceFilter(choices=[(name, name) for name in TELESCOPES], empty_label="all")
    filter = filters.CharFilter(label="Filter", max_length=40)
    target_name = filters.CharFilter(label="Target", lookup_expr="icontains", max_length=100)
    after = filters.IsoDateTimeFilter(
        field_name="start", lookup_expr="gte", label="From [UTC]", widget=UtcDateTimeInput
    )
    before = filters.IsoDateTimeFilter(
        field_name="start", lookup_expr="lt", label="Before [UTC]", widget=UtcDateTimeInput
    )
    upload = filters.NumberFilter(field_name="upload_id", widget=forms.HiddenInput, min_value=1, max_value=2**62)

    class Meta:
        model = ExecutedObservation
        fields = ["telescope", "filter", "target_name", "after", "before", "upload"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.form.fields.values():
            is_list = isinstance(field.widget, forms.Select)
            field.widget.attrs["class"] = "form-select form-select-sm" if is_list else "form-control form-control-sm"
