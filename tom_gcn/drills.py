"""Which bundled real alert makes a good drill tonight."""

import gzip
from datetime import datetime
from pathlib import Path

FOLDER = Path(__file__).parent / "drill"

# A sky map keeps its place on the sky, so each has months in which the Sun stands before it: S241102br is then replaced
# by S230518h. Counted for mid-month: telescopes with the map's peak above 30 deg in full darkness.
_WHEN_SUN_IS_NEAR_PISCES = (2, 3, 4)


def bundled_alert(now: datetime) -> tuple[str, bytes]:
    """Return the file name and the bytes of the alert to drill at `now`."""
    name = "S230518h_UPDATE_1.json" if now.month in _WHEN_SUN_IS_NEAR_PISCES else "S241102br_UPDATE_1.json"
    with gzip.open(FOLDER / f"{name}.gz") as file:
        return name, file.read()
