"""Filters of points, for the API and exports."""

from typing import Any

import django_filters as filters
from django.db.models import QuerySet

from tom_photvalidation.choices import CURRENT, Kind, Severity, Status
from tom_photvalidation.models import PhotometryPoint
from tom_photvalidation.naming import find_targets


class Keys(filters.BaseInFilter, filters.NumberFilter):
    """Keys of rows, by commas."""


class PointFilter(filters.FilterSet):
    """By target, telescope, filter, time, kind, status, findings and upload."""

    target = filters.CharFilter(method="of_target", label="Name, alias or key of a target", max_length=100)
    telescope = filters.CharFilter(lookup_expr="iexact", max_length=64)
    instrument = filters.CharFilter(lookup_expr="iexact", max_length=100)
    filter = filters.CharFilter(max_length=40, label="Name in the table of bandpasses")
    kind = filters.ChoiceFilter(choices=Kind.choices)
    magsys = filters.CharFilter(lookup_expr="iexact", max_length=8)
    status = filters.MultipleChoiceFilter(choices=Status.choices)
    severity = filters.MultipleChoiceFilter(choices=Severity.choices, label="Worst finding")
    accepted = filters.BooleanFilter(method="only_accepted", label="Only accepted points")
    versions = filters.BooleanFilter(method="with_versions", label="Also replaced and withdrawn versions")
    after = filters.IsoDateTimeFilter(field_name="t_mid", lookup_expr="gte", label="From, UTC")
    before = filters.IsoDateTimeFilter(field_name="t_mid", lookup_expr="lt", label="Before, UTC")
    stored_after = filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="gte", label="Stored since, UTC")
    origin = filters.CharFilter(lookup_expr="iexact", max_length=60)
    upload = filters.UUIDFilter(field_name="upload__uuid")
    ids = Keys(field_name="id", label="Keys, by commas")

    class Meta:
        model = PhotometryPoint
        fields: list[str] = []

    def of_target(self, points: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Points of a target the user may see; of none when there is none of this name."""
        found = find_targets([value], self.request.user)
        return points.filter(target__in=set(found.values()))

    def only_accepted(self, points: QuerySet[Any], name: str, value: bool) -> QuerySet[Any]:
        """What circulars take, or all."""
        return points.filter(status=Status.ACCEPTED) if value else points

    def with_versions(self, points: QuerySet[Any], name: str, value: bool) -> QuerySet[Any]:
        """All versions, or those that speak now."""
        return points if value else points.filter(status__in=CURRENT)

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Leave replaced versions out unless somebody asks for them, or for their status."""
        asked = self.form.cleaned_data
        points = super().filter_queryset(queryset)
        if asked.get("versions") is None and not asked.get("status") and not asked.get("ids"):
            points = points.filter(status__in=CURRENT)
        return points
