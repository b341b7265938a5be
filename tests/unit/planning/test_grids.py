"""Fixed grids leave no gap anywhere on the sphere."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import cKDTree

from tom_gcn.planning.geometry import members, unit_vectors
from tom_gcn.planning.grids import field_grid

CAMERAS = [
    ("square", 4.2, 4.2),
    ("square", 25.0, 25.0),
    ("rectangle", 3.0, 1.5),
    ("circle", 5.0, 5.0),
    ("square", 1.9, 1.9),
]


def random_directions(count: int, seed: int = 1) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=(count, 3))
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def times_covered(shape: str, width: float, height: float, points: np.ndarray) -> np.ndarray:
    grid = field_grid(shape, width, height)
    _, inside = members(grid.ra_deg, grid.dec_deg, shape, (width, height), cKDTree(points))
    return np.bincount(inside, minlength=len(points))


@pytest.mark.parametrize("camera", CAMERAS)
def test_every_direction_lies_in_a_field(camera: tuple[str, float, float]) -> None:
    assert times_covered(*camera, random_directions(40_000)).min() >= 1


@pytest.mark.parametrize("camera", CAMERAS)
@pytest.mark.parametrize("pole", [90.0, -90.0])
def test_poles_are_covered(camera: tuple[str, float, float], pole: float) -> None:
    around = unit_vectors(np.arange(0.0, 360.0, 1.7), np.full(212, pole * 0.9999))
    assert times_covered(*camera, around).min() >= 1
    assert times_covered(*camera, unit_vectors([0.0], [pole])).min() >= 1


@settings(max_examples=15, deadline=None)
@given(st.floats(0.8, 30.0), st.floats(0.8, 30.0))
def test_any_camera_covers_the_sky(width: float, height: float) -> None:
    assert times_covered("rectangle", width, height, random_directions(4000, 2)).min() >= 1


@pytest.mark.parametrize(
    ("shape", "side", "most"), [("square", 1.9, 1.15), ("square", 4.2, 1.2), ("circle", 5.0, 1.85)]
)
def test_fields_overlap_little(shape: str, side: float, most: float) -> None:
    assert times_covered(shape, side, side, random_directions(20_000)).mean() < most


def test_version_changes_with_the_camera_only() -> None:
    assert field_grid("square", 1.9, 1.9) is field_grid("square", 1.9, 1.9)
    versions = {field_grid(*camera).version for camera in CAMERAS}
    assert len(versions) == len(CAMERAS)
    assert field_grid("square", 1.9, 1.9).field_id(0) == "s1.9-1"


@pytest.mark.parametrize("side", [0.0, -1.0, 90.0])
def test_impossible_fields_are_refused(side: float) -> None:
    with pytest.raises(ValueError, match="cannot be packed"):
        field_grid("square", side, side)
