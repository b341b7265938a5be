"""Footprints as GeoJSON (RFC 7946): longitude is right ascension, -180 to 180 degrees."""

from collections.abc import Iterable
from typing import Any

from tom_gcn.plan_formats.outlines import polygons


def feature_collection(footprints: Iterable[tuple[dict[str, Any], list[list[float]]]]) -> dict[str, Any]:
    """Return footprints, each with its properties, as one FeatureCollection."""
    return {"type": "FeatureCollection", "features": [_feature(about, corners) for about, corners in footprints]}


def _feature(about: dict[str, Any], corners: list[list[float]]) -> dict[str, Any]:
    rings = polygons(corners)
    geometry: dict[str, Any] = {"type": "MultiPolygon", "coordinates": [[ring] for ring in rings]}
    if len(rings) == 1:
        geometry = {"type": "Polygon", "coordinates": rings}
    return {"type": "Feature", "properties": about, "geometry": geometry}
