"""What the checks propose for a point."""

from typing import Any

from tom_photvalidation.models import PhotometryPoint


def proposed_fix(point: PhotometryPoint) -> dict[str, Any]:
    """Return the values by which a point would pass, of its standing findings; where two propose, the worse one's."""
    findings = point.findings.standing().exclude(fix=None)
    order = {"E": 0, "Q": 1, "W": 2, "I": 3}
    fixes: dict[str, Any] = {}
    for finding in sorted(findings, key=lambda one: (order[one.severity], one.bit)):
        # One finding's columns belong together: a time from one and a filter from another would be nobody's proposal.
        if not fixes:
            fixes = dict(finding.fix or {})
    return fixes
