"""Compare the network planner with gwemopt on one map: time and distinct covered probability.

Both engines get the same map, telescopes (the seven that GRANDMA uses for tiling), nights, limits, exposures and number
of fields, and both results are measured by the same code. One line per figure. See bench/README.md.
"""

from __future__ import annotations

import argparse
import base64
import gzip
import json
import logging
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tom_gcn.planning import NetworkPlan, PlanOptions, PlanTelescope, plan_network, plan_telescope  # noqa: E402
from tom_gcn.planning.gwemopt import EngineUnavailable, plan_gwemopt  # noqa: E402
from tom_gcn.skymaps import SkyMap, read_skymap  # noqa: E402
from tom_grandma_facilities.registry import TELESCOPES  # noqa: E402

BUNDLED_ALERT = ROOT / "tom_gcn" / "drill" / "S241102br_UPDATE_1.json.gz"
TILING = ("TAROT-TCA", "TAROT-TCH", "TAROT-TRE", "OAJ-T80", "NOWT", "FRAM-Auger", "CFHT")


def load(path: Path) -> tuple[SkyMap, datetime | None]:
    """Read a FITS map or an LVK JSON alert (either may be gzipped) and, of an alert, the time it was sent."""
    content = path.read_bytes()
    plain = gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
    if not plain.lstrip().startswith(b"{"):
        return read_skymap(content), None
    alert = json.loads(plain)
    sent = datetime.fromisoformat(alert["time_created"]).astimezone(UTC)
    return read_skymap(base64.b64decode(alert["event"]["skymap"])), sent


def figure(name: str, value: float, unit: str) -> None:
    print(f"{name:<52}{value:>12.4f} {unit}")


def measured(name: str, make: Callable[[], NetworkPlan]) -> NetworkPlan:
    """Make a plan once and print what it cost and what it covers."""
    wall, cpu = time.perf_counter(), time.process_time()
    plan = make()
    figure(f"{name}: wall time", time.perf_counter() - wall, "s")
    figure(f"{name}: CPU time", time.process_time() - cpu, "s")
    figure(f"{name}: pointings", len(plan.pointings), "")
    figure(f"{name}: distinct covered probability", plan.covered_probability, "")
    figure(f"{name}: sum of footprints, overlaps counted again", sum(p.probability for p in plan.pointings), "")
    figure(f"{name}: area", plan.area_deg2, "deg2")
    return plan


def whole_network() -> list[PlanTelescope]:
    return [plan_telescope(telescope) for telescope in TELESCOPES.values() if not telescope.why_not_plannable()]


def tiling(arguments: argparse.Namespace) -> list[PlanTelescope]:
    seven = [plan_telescope(TELESCOPES[name]) for name in TILING]
    return [replace(one, exposure_s=arguments.exposure) if arguments.exposure else one for one in seven]


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--map", type=Path, default=BUNDLED_ALERT, help="FITS map or LVK JSON alert, may be gzipped")
    parser.add_argument("--start", help="start, UTC, ISO format; default: when the alert was sent")
    parser.add_argument("--hours", type=float, default=24.0)
    parser.add_argument("--exposure", type=float, help="seconds for every telescope; default: each one's own")
    parser.add_argument("--max-pointings", type=int, default=20, help="fields per telescope; 0: as many as fit")
    parser.add_argument("--without-gwemopt", action="store_true")
    return parser.parse_args()


def main() -> None:
    arguments = parse()
    logging.disable(logging.WARNING)
    skymap, sent = load(arguments.map)
    start = datetime.fromisoformat(arguments.start).replace(tzinfo=UTC) if arguments.start else sent
    start = start or datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=5)
    options = PlanOptions(max_pointings=arguments.max_pointings or None)
    seven, everyone = tiling(arguments), whole_network()
    print(f"{arguments.map.name}, {start:%Y-%m-%d %H:%M} UTC, {arguments.hours:g} h, {len(seven)} tiling telescopes")
    figure("90 % area", skymap.area_deg2(0.9), "deg2")
    ours = measured("network", lambda: plan_network(skymap, seven, start, arguments.hours, options))
    measured("network, again", lambda: plan_network(skymap, seven, start, arguments.hours, options))
    name = f"network, all {len(everyone)} telescopes"
    measured(name, lambda: plan_network(skymap, everyone, start, arguments.hours, options))
    figure("memory so far", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0, "MB")
    if arguments.without_gwemopt:
        return
    try:
        theirs = measured("gwemopt", lambda: plan_gwemopt(skymap, seven, start, arguments.hours, options))
    except EngineUnavailable as reason:
        print(f"gwemopt: {reason}")
        return
    figure("memory with gwemopt", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0, "MB")
    if theirs.covered_probability > 0.0:
        figure("network / gwemopt, distinct probability", ours.covered_probability / theirs.covered_probability, "")


if __name__ == "__main__":
    main()
