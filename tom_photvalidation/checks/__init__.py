"""Can a measurement be true? Small rules over columns; each finding is a sentence with numbers and, often, a fix.

- `base`: what rules take (`Context`, `Batch`) and give (`Finding`, `Findings`).
- `times`: the time by itself. `sky`: Sun, horizon, position. `values`: brightness, error, limit, filter and system.
  `calibration`: what a pipeline says of itself.
  `pipelines`: what single ones leave out or mix up. `repeats`: the same twice. `channels`: filters exposed together;
  `filters`: one twice, one alone in a run.
- `curve`: the light curve of the target (`tom_photvalidation.lightcurve` holds the model, `points` what it takes);
  `guesses`: the clock, system or filter that would explain a point off it.

Severities: E cannot be stored, Q is stored and waits for a person, W and I are told. Pure: no Django.
What each rule is worth was measured: docs/science/photometry-checks.md.
"""

from tom_photvalidation.checks.base import (
    NOTE,
    QUARANTINED,
    REFUSED,
    WARNING,
    Batch,
    Check,
    Context,
    Finding,
    Findings,
    Instrument,
)
from tom_photvalidation.checks.run import BY_BIT, CHECKS, failed, run_checks

__all__ = [
    "BY_BIT",
    "CHECKS",
    "NOTE",
    "QUARANTINED",
    "REFUSED",
    "WARNING",
    "Batch",
    "Check",
    "Context",
    "Finding",
    "Findings",
    "Instrument",
    "failed",
    "run_checks",
]
