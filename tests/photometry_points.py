"""Points of photometry for tests, written as they are rather than read from a table."""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from django.contrib.auth.models import Group, User
from tom_targets.models import Target

from tom_photvalidation.audiences import audience_of
from tom_photvalidation.models import PhotometryPoint, PhotometryUpload

FIRST = datetime(2024, 11, 2, 20, 0, tzinfo=UTC)
TELESCOPES = ("TAROT-TCA", "TAROT-TRE", "FRAM-Auger")
FILTERS = ("sdssg", "sdssr", "bessellr")


def make_photometry_upload(group: Group, by: User | None = None, **fields) -> PhotometryUpload:
    return PhotometryUpload.objects.create(audience=audience_of([group]), uploaded_by=by, **fields)


def make_points(
    n: int,
    target: Target,
    group: Group,
    *,
    by: User | None = None,
    telescopes: Sequence[str] = TELESCOPES,
    filters: Sequence[str] = FILTERS,
    step: timedelta = timedelta(minutes=20),
    **fields,
) -> list[PhotometryPoint]:
    """A fading source; every seventh point is a limit."""
    upload = make_photometry_upload(group, by, source="night.csv", n_rows=n, n_created=n)
    rows = [
        PhotometryPoint(
            target_id=target.pk,
            upload=upload,
            audience_id=upload.audience_id,
            line=k + 2,
            submitted=f"row {k}",
            telescope=telescopes[k % len(telescopes)],
            filter=filters[(k // len(telescopes)) % len(filters)],
            filter_given="r",
            t_given=FIRST + k * step,
            t_mid=FIRST + k * step,
            exposure_s=180.0,
            n_exposures=3,
            fingerprint=uuid.uuid4(),
            **(_limit() if k % 7 == 6 else _detection(k, n)) | fields,
        )
        for k in range(n)
    ]
    return PhotometryPoint.objects.bulk_create(rows, batch_size=5000)


def _detection(k: int, n: int) -> dict:
    return {"kind": "detection", "magsys": "AB", "mag": 17.0 + 3.0 * k / n, "magerr": 0.05, "limiting_mag": 21.0}


def _limit() -> dict:
    return {"kind": "limit", "magsys": "AB", "limiting_mag": 20.5, "limit_sigma": 5.0}
