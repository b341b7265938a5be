"""What the page of a point says: values as they were understood, both magnitude systems, and its history."""

import math
from typing import Any

from django.contrib.auth.models import AnonymousUser, User

from tom_photvalidation.bandpasses import vega_to_ab
from tom_photvalidation.cells_of_target import filter_label
from tom_photvalidation.choices import TimeReference
from tom_photvalidation.curve import MJD_OF_EPOCH, S_PER_DAY
from tom_photvalidation.models import PhotometryPoint, PhotometryReview, TargetEpoch

_MOMENTS = {
    TimeReference.MID: "the middle was told",
    TimeReference.START: "the start was told",
    TimeReference.UNKNOWN: "whether start or middle was not told",
}
_YES = {True: "yes", False: "no", None: ""}


def facts_of(point: PhotometryPoint) -> list[tuple[str, str]]:
    """Return label and words of everything that is known of a point; what was not told is left out."""
    facts = [
        ("Time", _time(point)),
        ("After T0", _age(point)),
        ("Magnitude", _both_systems(point, point.mag, point.magerr)),
        ("Limit", _limit(point)),
        ("Flux", _flux(point)),
        ("Telescope", " ".join(filter(None, (point.telescope, point.instrument)))),
        ("Filter", _filter(point)),
        ("Exposure", _exposure(point)),
        ("Subtracted", " ".join(filter(None, (_YES[point.subtracted], point.template)))),
        ("Position", _position(point)),
        ("Calibration", _calibration(point)),
        ("Image", _image(point)),
        ("Extinction", _extinction(point)),
        ("Reduction", ", ".join(filter(None, (point.pipeline, point.reducer)))),
        ("Observer", point.observer),
        ("Origin", ", ".join(filter(None, (point.origin, point.reference)))),
        ("Other columns", ", ".join(f"{name} = {value}" for name, value in point.extra.items())),
    ]
    return [(label, words) for label, words in facts if words]


def _time(point: PhotometryPoint) -> str:
    mjd = MJD_OF_EPOCH + point.t_mid.timestamp() / S_PER_DAY
    told = _MOMENTS[TimeReference(point.time_reference)]
    return f"{point.t_mid:%Y-%m-%d %H:%M:%S} UTC, MJD {mjd:.5f} ({told})"


def _age(point: PhotometryPoint) -> str:
    t0 = TargetEpoch.objects.filter(target=point.target_id).values_list("t0", flat=True).first()
    if t0 is None:
        return ""
    days = (point.t_mid - t0).total_seconds() / S_PER_DAY
    return f"{days * 24:.3f} h" if abs(days) < 2 else f"{days:.3f} d"


def _both_systems(point: PhotometryPoint, mag: float | None, error: float | None = None) -> str:
    if mag is None:
        return ""
    more = f" ± {error:.3f}" if error is not None else ""
    offset = vega_to_ab(point.filter)
    if math.isnan(offset):
        return f"{mag:.3f}{more} {point.magsys}"
    ab, vega = (mag + offset, mag) if point.magsys == "Vega" else (mag, mag - offset)
    typed = f"{point.magsys} as submitted"
    return f"{ab:.3f}{more} AB, {vega:.3f}{more} Vega ({typed})"


def _limit(point: PhotometryPoint) -> str:
    words = _both_systems(point, point.limiting_mag)
    return f"{words}, {point.limit_sigma:g} σ" if words and point.limit_sigma else words


def _flux(point: PhotometryPoint) -> str:
    if point.flux_ujy is None:
        return ""
    error = f" ± {point.fluxerr_ujy:.3g}" if point.fluxerr_ujy is not None else ""
    return f"{point.flux_ujy:.4g}{error} µJy"


def _filter(point: PhotometryPoint) -> str:
    label = filter_label(point.filter)
    return label if point.filter_given in ("", label) else f"{label} (written {point.filter_given})"


def _exposure(point: PhotometryPoint) -> str:
    if point.exposure_s is None:
        return ""
    n = f" in {point.n_exposures} exposures" if point.n_exposures else ""
    return f"{point.exposure_s:g} s{n}"


def _position(point: PhotometryPoint) -> str:
    if point.ra_deg is None or point.dec_deg is None:
        return ""
    words = f"{point.ra_deg:.6f} {point.dec_deg:+.6f}"
    if point.target.ra is None or point.target.dec is None:
        return words
    east = (point.ra_deg - point.target.ra + 180) % 360 - 180
    offset = math.hypot(east * math.cos(math.radians(point.target.dec)), point.dec_deg - point.target.dec) * 3600
    return f"{words}, {offset:.2f}″ from the target"


def _calibration(point: PhotometryPoint) -> str:
    parts = (
        point.calibration_catalogue,
        f"{point.n_calibration_stars} stars" if point.n_calibration_stars is not None else "",
        f"colour term {point.colour_term:.3f}" if point.colour_term is not None else "",
        f"scatter {point.zero_point_scatter:.3f} mag" if point.zero_point_scatter is not None else "",
    )
    return ", ".join(filter(None, parts))


def _image(point: PhotometryPoint) -> str:
    parts = (
        f"FWHM {point.fwhm_arcsec:.1f}″" if point.fwhm_arcsec is not None else "",
        f"airmass {point.airmass:.2f}" if point.airmass is not None else "",
    )
    return ", ".join(filter(None, parts))


def _extinction(point: PhotometryPoint) -> str:
    words = {True: "corrected", False: "not corrected", None: ""}[point.extinction_corrected]
    ebv = f"E(B−V) {point.ebv:.3f}" if point.ebv is not None else ""
    return ", ".join(filter(None, (words, ebv)))


def history_of(point: PhotometryPoint, user: User | AnonymousUser) -> dict[str, Any]:
    """Return the versions of a point one may see, the earliest first, and the log of them all, the latest first."""
    versions = [point]
    visible = PhotometryPoint.objects.visible_to(user)
    while (earlier := versions[0].supersedes_id) and (row := visible.filter(pk=earlier).first()):
        versions.insert(0, row)
    while row := visible.filter(supersedes=versions[-1].pk).first():
        versions.append(row)
    log = PhotometryReview.objects.filter(point__in=[row.pk for row in versions])
    return {"versions": versions, "log": log.order_by("-pk")}
