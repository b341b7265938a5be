"""The columns we understand, by every name they are given.

A header is taken apart into its name, its unit and, for times, the instant of the exposure it stands for: `mjd_mid`,
`T-T0_day`, `exposure [min]`, `flux_density(mjy)`. Columns nobody knows are kept under the name they came with.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

TEXT, NUMBER, FLAG, TIME = "text", "number", "flag", "time"


@dataclass(frozen=True, slots=True)
class Field:
    """One thing a column can hold. Where two columns claim the same field, the earlier alias wins."""

    name: str
    kind: str
    label: str
    aliases: tuple[str, ...]
    unit: str = ""


def _field(name: str, kind: str, label: str, aliases: str = "", unit: str = "") -> Field:
    return Field(name, kind, label, (name, *aliases.split()), unit)


FIELDS: Mapping[str, Field] = MappingProxyType(
    {
        one.name: one
        for one in (
            _field(
                "target",
                TEXT,
                "Target",
                "target_name obj_id objid object object_name object_id obj objname grb event transient star_id starid",
            ),
            _field(
                "telescope",
                TEXT,
                "Telescope",
                "telescope_name tel facility observatory site_telescope observatory_telescope_instrument",
            ),
            _field("instrument", TEXT, "Instrument", "instrument_name instrument_id inst camera detector"),
            _field("filter", TEXT, "Filter", "band filt filter_name passband bandpass filters f"),
            _field("mjd", TIME, "Time, MJD", "mjdate modified_julian_date time_mjd t_mjd midmjd"),
            _field("jd", TIME, "Time, JD", "julian_date julian_day time_jd t_jd obsjd jdobs"),
            _field("rjd", TIME, "Time, JD - 2400000", "reduced_julian_date jd_2400000"),
            _field(
                "isot",
                TIME,
                "Date and time, UTC",
                "datetime date_time utc iso date_utc utc_date time_utc utc_time"
                " obsdate obs_date obs_time observed_at observation_date timestamp date dateobs date_observed",
            ),
            _field("unix", TIME, "Time, seconds since 1970", "unixtime unix_time epoch_unix"),
            _field("time", TIME, "Time, any scale", "t epoch"),
            _field(
                "since_t0",
                TIME,
                "Time since T0",
                "t_t0 tmt0 t_minus_t0 time_since_t0 dt delta_t phase"
                " time_since_trigger time_after_trigger t_since_t0 tminust0",
            ),
            _field("t0", TIME, "T0", "t0_utc t0_mjd trigger_time t_trigger t_0"),
            _field("time_reference", TEXT, "Middle or start of exposure", "time_ref reference_time"),
            _field("time_scale", TEXT, "Time scale", "timesys timescale"),
            _field(
                "exposure_s",
                NUMBER,
                "Total exposure",
                "exposure exptime exp_time exposure_time exp integration"
                " integration_time total_exposure texp t_exp n_x_exp nxexp",
                unit="s",
            ),
            _field("n_exposures", NUMBER, "Number of exposures", "nexp n_exp num_exposures n_frames nframes n_images"),
            _field("kind", TEXT, "Detection, limit or forced", "measurement_kind"),
            _field(
                "is_limit",
                FLAG,
                "Is an upper limit",
                "upper_limit upperlimit limit_flag islimit ul ul_flag uplim non_detection nondetection",
            ),
            _field(
                "magsys",
                TEXT,
                "Magnitude system",
                "mag_sys system mag_system magnitude_system photometric_system mag_unit sys zeropoint_system",
            ),
            _field("mag", NUMBER, "Magnitude", "magnitude mag_calib mag_auto mag_psf mag_ap m", unit="mag"),
            _field(
                "magerr",
                NUMBER,
                "Error of the magnitude",
                "mag_err e_mag e_magnitude emag magnitude_error mag_error"
                " dmag err_mag magerror merr unc mag_unc sigma_mag error err dm d_mag mag_calib_err",
                unit="mag",
            ),
            _field(
                "limiting_mag",
                NUMBER,
                "Limiting magnitude",
                "limiting_magnitude limit maglim limmag lim_mag mag_lim"
                " limmagnitude mag_limit upper_limit_mag magnitude_limit maglimit mlim mag5sig depth",
                unit="mag",
            ),
            _field(
                "limit_sigma",
                NUMBER,
                "Sigma of the limit",
                "limiting_mag_nsigma limit_nsigma nsigma lim_sigma n_sigma limiting_sigma limiting_mag_sigma",
            ),
            _field("flux_ujy", NUMBER, "Flux density, AB", "", unit="uJy"),
            _field("fluxerr_ujy", NUMBER, "Error of the flux density", "", unit="uJy"),
            _field("flux", NUMBER, "Flux density", "flux_density fluxdensity fnu f_nu"),
            _field(
                "fluxerr",
                NUMBER,
                "Error of the flux",
                "flux_err e_flux flux_error dflux dflux_density"
                " flux_density_error flux_density_err e_flux_density flux_unc dujy",
            ),
            _field("zp", NUMBER, "Zero point of the flux", "zeropoint zero_point zpt flux_zp", unit="mag"),
            _field("snr", NUMBER, "Signal to noise", "s_n sn_ratio signal_to_noise"),
            _field(
                "ra_deg",
                NUMBER,
                "Measured right ascension",
                "meas_ra ra_meas measured_ra ra_measured ra raj2000 ra_j2000 right_ascension alpha",
                unit="deg",
            ),
            _field(
                "dec_deg",
                NUMBER,
                "Measured declination",
                "meas_dec dec_meas measured_dec dec_measured dec dej2000 dec_j2000 decl declination delta",
                unit="deg",
            ),
            _field(
                "position_err_arcsec",
                NUMBER,
                "Error of the position",
                "pos_err position_err position_error pos_error_arcsec ra_unc",
                unit="arcsec",
            ),
            _field(
                "subtracted",
                FLAG,
                "Template subtracted",
                "is_subtracted template_subtracted difference diff_image image_subtraction subtraction host_subtracted",
            ),
            _field("template", TEXT, "Template", "template_image reference_image"),
            _field(
                "calibration_catalogue",
                TEXT,
                "Calibration catalogue",
                "calibration_catalog calib catalog catalogue"
                " ref_catalog cat_name cal_catalog calibration phot_catalog reference_catalog",
            ),
            _field("pipeline", TEXT, "Pipeline", "reduction reduction_pipeline software reduced_with reduction_id"),
            _field("reducer", TEXT, "Who reduced", "reduced_by"),
            _field("observer", TEXT, "Observer", "observers observer_name obscode"),
            _field("origin", TEXT, "Origin", "provenance"),
            _field("reference", TEXT, "Reference", "ref bibcode gcn gcn_number circular paper doi src"),
            _field("colour_term", NUMBER, "Colour term", "color_term colorterm colourterm", unit="mag"),
            _field("n_calibration_stars", NUMBER, "Number of calibration stars", "n_stars nstars n_cal_stars n_calib"),
            _field(
                "zero_point_scatter",
                NUMBER,
                "Scatter of the zero point",
                "zp_scatter zp_rms zeropoint_scatter zp_std",
                unit="mag",
            ),
            _field("fwhm_arcsec", NUMBER, "FWHM", "fwhm seeing seeing_arcsec", unit="arcsec"),
            _field(
                "extinction_corrected",
                FLAG,
                "Corrected for extinction",
                "ext_corrected galextcorr dereddened"
                " extincition_corrected extinction_correted galactic_extinction_corrected",
            ),
            _field("ebv", NUMBER, "E(B-V) used", "e_b_v e_bv ebmv", unit="mag"),
            _field("airmass", NUMBER, "Airmass", "amass"),
        )
    }
)

TIME_FIELDS: tuple[str, ...] = ("mjd", "jd", "rjd", "isot", "unix", "time", "since_t0")
BRACKETS = re.compile(r"[\(\[](.*?)[\)\]]")
NOT_A_NAME = re.compile(r"[^0-9a-z]+")
ZERO_IS_LIMIT = re.compile(r"^0\s*=\s*(upper\s*)?limits?$")

UNITS: Mapping[str, str] = MappingProxyType(
    {
        "s": "s", "sec": "s", "secs": "s", "second": "s", "seconds": "s", "ks": "ks", "kiloseconds": "ks",
        "min": "min", "mins": "min", "minute": "min", "minutes": "min",
        "h": "h", "hr": "h", "hrs": "h", "hour": "h", "hours": "h",
        "d": "d", "day": "d", "days": "d",
        "jy": "Jy", "mjy": "mJy", "millijy": "mJy", "ujy": "uJy", "microjy": "uJy", "µjy": "uJy", "μjy": "uJy",
        "njy": "nJy", "nmgy": "nmgy", "nanomaggy": "nmgy",
        "deg": "deg", "degree": "deg", "degrees": "deg", "hourangle": "hour", "arcsec": "arcsec", "mas": "mas",
        "mag": "mag", "mags": "mag", "mmag": "mmag",
    }
)  # fmt: skip
SECONDS: Mapping[str, float] = MappingProxyType({"s": 1.0, "ks": 1000.0, "min": 60.0, "h": 3600.0, "d": 86400.0})
UJY: Mapping[str, float] = MappingProxyType({"Jy": 1e6, "mJy": 1e3, "uJy": 1.0, "nJy": 1e-3, "nmgy": 3.630780547701})
REFERENCES: Mapping[str, str] = MappingProxyType(
    {
        "mid": "mid",
        "middle": "mid",
        "midpoint": "mid",
        "midtime": "mid",
        "start": "start",
        "beg": "start",
        "begin": "start",
    }
)
SCALES = ("utc", "tai", "tt", "tdb", "hjd", "bjd")


@dataclass(frozen=True, slots=True)
class Meaning:
    """What one column of a file holds."""

    field: str  # name of a field, or "" when nobody knows the column
    unit: str = ""
    reference: str = ""  # of a time: mid, start or ""
    scale: str = ""  # of a time: "" is UTC
    rank: int = 0  # smaller wins where two columns claim one field
    zero_is_limit: bool = False


def tidy(header: str) -> str:
    """Return a header in lower case with one underscore for every run of anything else."""
    return NOT_A_NAME.sub("_", header.replace("µ", "u").replace("μ", "u").lower()).strip("_")


def _ranks() -> dict[str, tuple[str, int]]:
    ranks: dict[str, tuple[str, int]] = {}
    for field in FIELDS.values():
        for rank, alias in enumerate(field.aliases):
            ranks.setdefault(alias, (field.name, rank))
    return ranks


RANKS = _ranks()
# FITS: DATE-OBS and MJD-OBS are the start of the exposure (standard 4.0, section 9.5).
FITS_START = frozenset({"mjd_obs", "mjdobs", "date_obs", "dateobs", "jd_obs"})


def _known(name: str) -> Meaning | None:
    if name in RANKS:
        field, rank = RANKS[name]
        return Meaning(field, FIELDS[field].unit, rank=rank)
    return None


def _other_clock(name: str) -> Meaning | None:
    """Understand HJD and BJD, which are not the time at the telescope."""
    clock = name.partition("_")[0]
    return Meaning("jd", scale=clock, rank=9) if clock in ("hjd", "bjd") else None


def _fits_start(name: str) -> Meaning | None:
    if name not in FITS_START:
        return None
    return Meaning("isot" if name.startswith("date") else name[:3].strip("_"), reference="start", rank=1)


def _without_suffix(name: str) -> Meaning | None:
    """Understand a name that ends or begins with a unit, an instant of the exposure or a time scale."""
    parts = name.split("_")
    for at in (len(parts) - 1, 0):
        part, rest = parts[at], "_".join(parts[:at] + parts[at + 1 :])
        if not rest:
            continue
        inner = meaning(rest) if part in REFERENCES or part in UNITS or part in SCALES else None
        if inner is None or not inner.field:
            continue
        is_time = FIELDS[inner.field].kind == TIME
        if part in REFERENCES and is_time:
            return Meaning(inner.field, inner.unit, REFERENCES[part], inner.scale, inner.rank)
        if part in SCALES and is_time:
            return Meaning(inner.field, inner.unit, inner.reference, "" if part == "utc" else part, inner.rank + 1)
        if part in UNITS and inner.field not in ("isot", "mjd", "jd", "rjd"):
            return _with_unit(inner, UNITS[part])
    return None


def _with_unit(inner: Meaning, unit: str) -> Meaning | None:
    """Return a meaning in another unit, or None where the field cannot be in that unit."""
    allowed = {
        "since_t0": SECONDS, "exposure_s": SECONDS, "flux": UJY, "fluxerr": UJY, "flux_ujy": UJY, "fluxerr_ujy": UJY,
        "time": {"d": 1.0}, "ra_deg": {"deg": 1.0, "hour": 1.0}, "dec_deg": {"deg": 1.0},
        "position_err_arcsec": {"arcsec": 1.0}, "fwhm_arcsec": {"arcsec": 1.0},
    }.get(inner.field, {"mag": 1.0} if FIELDS[inner.field].unit == "mag" else {})  # fmt: skip
    if unit not in allowed:
        return None
    field = inner.field
    if field == "time" and unit == "d":  # "time (days)" counts from something
        field = "since_t0"
    return Meaning(field, unit, inner.reference, inner.scale, inner.rank, inner.zero_is_limit)


def meaning(header: str) -> Meaning:
    """Return what a column of that name holds; `Meaning("")` when nobody knows it."""
    lowered = header.strip().lower()
    notes = BRACKETS.findall(lowered)
    name = tidy(BRACKETS.sub(" ", lowered))
    if notes and (whole := _known(tidy(lowered))) is not None:
        return whole
    found = _known(name) or _other_clock(name) or _fits_start(name) or _without_suffix(name)
    if found is None and (name in ("ujy", "mjy", "njy")):
        found = Meaning("flux", UNITS[name])
    if found is None:
        return Meaning("")
    for note in notes:
        if ZERO_IS_LIMIT.match(note.strip()):
            found = Meaning(found.field, found.unit, found.reference, found.scale, found.rank, zero_is_limit=True)
        elif note.strip() in UNITS:
            found = _with_unit(found, UNITS[note.strip()]) or Meaning("")
    return found


def meanings(headers: Sequence[str], mapping: Mapping[str, str] | None = None) -> list[Meaning]:
    """Return what each column holds; where two claim one field the better name wins and the other is kept as it is.

    Parameters
    ----------
    headers : names of the columns as submitted
    mapping : what the uploader says: column as submitted -> field, or "" to keep it as it is. A field may carry its
        unit and instant: "exposure_s:min", "mjd:mid".

    Raises
    ------
    ValueError
        When the mapping names a field that does not exist.
    """
    said = {name: mapped(value) for name, value in (mapping or {}).items()}
    found = [said[header] if header in said else meaning(header) for header in headers]
    best: dict[str, int] = {}
    for at, one in enumerate(found):
        held = best.get(one.field)
        if held is None or (headers[at] in said, -one.rank) > (headers[held] in said, -found[held].rank):
            best[one.field] = at
    return [one if best.get(one.field) == at else Meaning("") for at, one in enumerate(found)]


def mapped(value: str) -> Meaning:
    """Return the meaning an uploader gives a column: "" or "field" or "field:unit" or "field:instant".

    Raises
    ------
    ValueError
        When the field, the unit or the instant does not exist.
    """
    name, *words = value.split(":")
    if not name:
        return Meaning("")
    if name not in FIELDS:
        raise ValueError(f"There is no field {name!r}. The fields are {', '.join(FIELDS)}.")
    found: Meaning | None = Meaning(name, FIELDS[name].unit)
    for word in words:
        lowered = word.lower()
        if found is not None and lowered in REFERENCES:
            found = Meaning(found.field, found.unit, REFERENCES[lowered], found.scale)
        elif found is not None and lowered in SCALES:
            found = Meaning(found.field, found.unit, found.reference, "" if lowered == "utc" else lowered)
        elif found is not None and lowered in UNITS:
            found = _with_unit(found, UNITS[lowered])
        else:
            found = None
        if found is None:
            raise ValueError(f"{word!r} is neither a unit, an instant (mid, start) nor a time scale of {name}.")
    return found or Meaning("")
