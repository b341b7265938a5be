"""Every check, and all of them on one batch."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from tom_photvalidation.checks import (
    calibration,
    channels,
    curve,
    filters,
    guesses,
    pipelines,
    repeats,
    sky,
    times,
    values,
)
from tom_photvalidation.checks.base import (
    NOTE,
    QUARANTINED,
    REFUSED,
    Batch,
    Check,
    Context,
    Finding,
    Findings,
    Mask,
    Rule,
)
from tom_photvalidation.measurements import Measurements

_MODULES = (times, sky, values, repeats, calibration, channels, filters, pipelines, curve, guesses)
_DECLARED = {one for module in _MODULES for one in vars(module).values() if isinstance(one, Check)}
CHECKS: tuple[Check, ...] = tuple(sorted(_DECLARED, key=lambda check: check.bit))
BY_BIT: Mapping[int, Check] = MappingProxyType({check.bit: check for check in CHECKS})

RULES: tuple[Rule, ...] = (
    times.time_scale,
    times.future,
    times.before_instrument,
    times.before_event,
    times.time_reference,
    sky.observable,
    sky.position,
    values.impossible,
    values.errors,
    values.error_floor,
    values.brightness,
    values.depth,
    values.dynamic_range,
    values.filters,
    values.filter_and_system,
    repeats.repeats,
    calibration.colour_term,
    calibration.few_stars,
    calibration.scatter,
    channels.channels,
    filters.filter_twice,
    filters.filter_run,
    pipelines.start_without_exposure,
    pipelines.swapped_filter,
)


def failed(mask: int) -> tuple[Check, ...]:
    """Return the checks a point's bits stand for, those this version knows."""
    return tuple(check for bit, check in BY_BIT.items() if mask >> bit & 1)


def run_checks(m: Measurements, context: Context, *, with_light_curves: bool = True) -> Findings:
    """Run every check.

    Parameters
    ----------
    m : n measurements
    context : what is known beside them, arrays (n,)
    with_light_curves : also compare each target's points with each other and with the stored ones, which takes most of
        the time: some 50 ms for 300 points of a target
    """
    batch = Batch(m, context)
    found: list[Finding] = [finding for rule in RULES for finding in rule(batch)]
    if with_light_curves:
        found.extend(curve.of_light_curves(batch, _trusted(len(m), found)))
    return Findings(len(m), tuple(sorted(found, key=lambda finding: (finding.row, finding.check.bit))))


def _trusted(n: int, found: list[Finding]) -> Mask:
    """Rows that may judge others: neither refused nor quarantined, nor a copy."""
    trusted = np.ones(n, dtype=bool)
    trusted[
        [
            finding.row
            for finding in found
            if finding.severity in (REFUSED, QUARANTINED) or (finding.severity, finding.check.id) == (NOTE, "duplicate")
        ]
    ] = False
    return trusted
