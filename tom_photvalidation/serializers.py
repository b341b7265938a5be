"""Points and uploads as the API shows them."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from rest_framework import serializers
from rest_framework.reverse import reverse

from tom_photvalidation.choices import Channel, Mode, UploadState
from tom_photvalidation.models import PhotometryPoint, PhotometryUpload, PointFinding
from tom_photvalidation.sheets import EPOCH_US

# Columns of the API and where they are in the database.
_SAME = (
    "telescope", "instrument", "filter", "filter_given", "t_given", "t_mid", "time_reference", "exposure_s",
    "n_exposures", "kind", "magsys", "mag", "magerr", "limiting_mag", "limit_sigma", "flux_ujy", "fluxerr_ujy",
    "ra_deg", "dec_deg", "position_err_arcsec", "subtracted", "template", "calibration_catalogue", "colour_term",
    "n_calibration_stars", "zero_point_scatter", "fwhm_arcsec", "extinction_corrected", "ebv", "airmass", "pipeline",
    "reducer", "observer", "origin", "reference", "extra", "status", "checks", "severity", "fingerprint", "version",
    "line", "submitted", "created_at",
)  # fmt: skip
SOURCES: Mapping[str, str] = {
    "id": "pk",
    "target": "target__name",
    "target_id": "target",
    "mjd": "t_mid",
    **{name: name for name in _SAME},
    "supersedes": "supersedes",
    "superseded_by": "successor",
    "twin": "twin",
    "upload": "upload__uuid",
}
# What a list shows unless told otherwise: without what is long.
USUAL = tuple(name for name in SOURCES if name not in ("extra", "submitted", "line", "superseded_by"))
_UNIX_MJD = EPOCH_US / 86_400e6


def mjd_of(moment: datetime) -> float:
    """Return a UTC time as MJD."""
    return _UNIX_MJD + moment.timestamp() / 86_400


def rows_of(points: Iterable[Mapping[str, Any]], columns: Iterable[str]) -> list[dict[str, Any]]:
    """Return rows read by `values(*sources)` under the names of the API."""
    wanted = [(name, SOURCES[name]) for name in columns]
    return [{name: mjd_of(row[source]) if name == "mjd" else row[source] for name, source in wanted} for row in points]


class FindingSerializer(serializers.ModelSerializer[PointFinding]):
    """A failed check: severity Q waits for a person, W and I are told."""

    check = serializers.CharField(source="check_id")

    class Meta:
        model = PointFinding
        fields = ("check", "check_version", "severity", "score", "sentence", "fix", "found_at", "ended_at")


class PointSerializer(serializers.ModelSerializer[PhotometryPoint]):
    """One measurement; magnitudes as submitted in `magsys`, fluxes AB microjansky, times UTC."""

    target = serializers.CharField(source="target.name")
    target_id = serializers.IntegerField()
    mjd = serializers.SerializerMethodField(help_text="Of t_mid.")
    upload = serializers.UUIDField(source="upload.uuid")
    supersedes = serializers.IntegerField(source="supersedes_id", allow_null=True)
    superseded_by = serializers.SerializerMethodField()
    twin = serializers.IntegerField(source="twin_id", allow_null=True)
    findings = serializers.SerializerMethodField()

    class Meta:
        model = PhotometryPoint
        fields = ("id", *(name for name in SOURCES if name != "id"), "findings")

    def get_mjd(self, point: PhotometryPoint) -> float:
        """MJD UTC."""
        return mjd_of(point.t_mid)

    def get_superseded_by(self, point: PhotometryPoint) -> int | None:
        """Key of the next version."""
        successor = getattr(point, "successor", None)
        return successor.pk if successor else None

    def get_findings(self, point: PhotometryPoint) -> list[dict[str, Any]]:
        """Those that stand."""
        return list(FindingSerializer(point.findings.standing(), many=True).data)


class UploadSerializer(serializers.ModelSerializer[PhotometryUpload]):
    """An upload: `state` is queued, running, done or failed; `progress` goes from 0 to 1."""

    id = serializers.UUIDField(source="uuid")
    dry_run = serializers.BooleanField(source="is_dry_run")
    counts = serializers.DictField(child=serializers.IntegerField())
    columns = serializers.JSONField(source="mapping")
    channel = serializers.ChoiceField(choices=Channel.choices)
    mode = serializers.ChoiceField(choices=Mode.choices)
    state = serializers.ChoiceField(choices=UploadState.choices)
    answers = serializers.SerializerMethodField(help_text="Address of the answer to every row (CSV), when it is done.")

    class Meta:
        model = PhotometryUpload
        fields = (
            "id", "source", "channel", "mode", "dry_run", "state", "progress", "doing", "reason", "format", "columns",
            "notes", "n_rows", "counts", "created_at", "finished_at", "answers",
        )  # fmt: skip

    def get_answers(self, upload: PhotometryUpload) -> str | None:
        """Null until all rows are answered, and for those who did not send it."""
        user = getattr(self.context.get("request"), "user", None)
        if upload.is_unfinished or user is None or not (user.is_superuser or upload.uploaded_by_id == user.pk):
            return None
        return reverse("api:photometry-uploads-answers", args=[upload.uuid], request=self.context.get("request"))
