"""Filters against the camera's other exposures, and against what is published of cameras."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tom_photvalidation.cameras import CAMERAS, published_cameras
from tom_photvalidation.checks import Context, run_checks
from tom_photvalidation.measurements import concatenate, measurements

NIGHT = 60_080.25
BANDS = ("sdssg", "sdssr", "sdssi", "sdssz")
AB = np.array([18.5, 18.0, 17.7, 17.5])


def rows(n, **columns):
    given_columns = {
        "line": np.arange(1, n + 1),
        "target": "SN",
        "telescope": "T1",
        "filter": "sdssr",
        "t_mjd": np.full(n, NIGHT),
        "time_reference": "mid",
        "kind": "detection",
        "magsys": "AB",
        "mag": np.full(n, 18.0),
        "magerr": np.full(n, 0.05),
    }
    return measurements(n, **(given_columns | columns))


def check(m, *, neighbours=None, instruments=None):
    unknown = np.full(len(m), np.nan)
    known = Context(60_900.0, unknown, unknown, unknown, unknown, unknown, unknown, instruments or {}, neighbours)
    return run_checks(m, known, with_light_curves=False)


def found(name, m, **known):
    return [one for one in check(m, **known) if one.check.id == name]


# --- one filter twice -------------------------------------------------------------------------------------------------
def exposures(*, twice, brighter=0.0):
    t = np.round(NIGHT + np.arange(6) * 0.01, 6)
    filters = np.array(list(BANDS) * 6, dtype=object)
    mags = np.array(list(AB) * 6) + 0.05 * np.repeat(np.arange(6), 4)
    filters[9] = twice  # it was r
    mags[9] -= brighter
    return rows(24, t_mjd=np.repeat(t, 4), filter=filters, mag=mags)


@pytest.mark.parametrize("twice", ["sdssg", "sdssi"])
def test_one_filter_twice_where_another_is_missing(twice):
    m = exposures(twice=twice)
    for order in (np.arange(24), np.arange(24)[::-1]):
        (one,) = found("filter-twice", m.take(order))
        assert order[one.row] == 9
        assert one.severity == "Q"
        assert one.fix == {"filter": "sdssr"}


def test_one_filter_twice_without_the_colour_of_the_missing_one_is_left_alone():
    assert found("filter-twice", exposures(twice="sdssi", brighter=0.35)) == []


def test_single_filters_in_quick_succession_are_left_alone():
    m = rows(40, t_mjd=NIGHT + np.arange(40) / 86_400.0, mag=18.0 + 0.01 * np.arange(40))
    assert found("filter-twice", m) == []


def one_exposure(filters, mags, target="new"):
    return rows(len(filters), filter=list(filters), mag=np.array(mags), target=target)


def test_what_a_camera_exposes_together_is_known_from_other_targets():
    # r is brighter than a power law through g, z and J: it is i
    new = one_exposure(["sdssg", "sdssr", "sdssr", "sdssz", "2massj"], [19.0, 18.6, 18.3, 18.05, 17.55])
    assert found("filter-twice", new) == []
    others = concatenate(
        [one_exposure([*BANDS, "2massj"], [*AB, 17.2], target=f"other {number}") for number in range(4)]
    )
    (one,) = found("filter-twice", concatenate([new, others]))
    assert (one.row, one.fix) == (2, {"filter": "sdssi"})
    assert "lacks i" in one.sentence


def test_where_the_colour_does_not_tell_both_rows_wait():
    new = one_exposure(["sdssg", "sdssr", "sdssz", "sdssz", "2massj"], [19.0, 18.6, 18.2, 18.22, 17.55])
    others = concatenate(
        [one_exposure([*BANDS, "2massj"], [*AB, 17.2], target=f"other {number}") for number in range(4)]
    )
    two = found("filter-twice", concatenate([new, others]))
    assert [one.row for one in two] == [2, 3]
    assert all("one of the two is i" in one.sentence for one in two)


def test_cameras_that_often_have_a_filter_twice_are_left_alone():
    often = [one_exposure(["sdssg", "sdssr", "sdssr"], [18.5, 18.0, 18.1], target=f"often {n}") for n in range(3)]
    others = [one_exposure(BANDS, AB, target=f"other {n}") for n in range(9)]
    assert found("filter-twice", concatenate([*often, *others])) == []


# --- one filter alone in a run ----------------------------------------------------------------------------------------
def run(n=11, *, at=5, typed="besselli", usual="bessellr", **columns):
    filters = np.full(n, usual, dtype=object)
    filters[at] = typed
    t = NIGHT + 0.001 * np.arange(n)
    return rows(n, **({"filter": filters, "t_mjd": t, "mag": 18.0 + 0.01 * np.arange(n)} | columns))


def test_a_filter_alone_in_an_even_run_of_another():
    for order in (np.arange(11), np.arange(11)[::-1]):
        (one,) = found("filter-run", run().take(order))
        assert order[one.row] == 5
        assert one.severity == "Q"
        assert one.fix == {"filter": "bessellr"}
        assert "every 1.4 min" in one.sentence


def test_stored_points_are_part_of_the_run():
    m = run()
    here = np.array([5])
    there = np.delete(np.arange(11), 5)
    (one,) = found("filter-run", m.take(here), neighbours=m.take(there))
    assert one.row == 0
    assert found("filter-run", m.take(there), neighbours=m.take(here)) == []


@pytest.mark.parametrize(
    "columns",
    [
        {"mag": np.where(np.arange(11) == 5, 17.3, 18.0)},  # another brightness
        {"typed": "2massh"},  # no neighbour of R
        {"t_mjd": NIGHT + 0.001 * np.array([0, 1, 2, 3, 4, 9, 14, 15, 16, 17, 18])},  # a change of filters takes time
        {"magsys": np.where(np.arange(11) == 5, "AB", "Vega").astype(object)},
        {"telescope": np.where(np.arange(11) == 5, "T2", "T1").astype(object)},
        {"t_mjd": NIGHT + 1.5 * np.arange(11)},  # nights apart: nobody turned the wheel back within a run
        {"at": 1},  # at an end of the run
        {"n": 4, "at": 2},
    ],
)
def test_other_rows_in_a_run_are_left_alone(columns):
    assert found("filter-run", run(**columns)) == []


def test_filters_that_take_turns_are_left_alone():
    m = rows(30, filter=["bessellr", "bessellr", "besselli"] * 10, t_mjd=NIGHT + 0.001 * np.arange(30))
    assert found("filter-run", m) == []
    twice = run(21).replaced(filter=np.array(["bessellr"] * 5 + ["besselli"] + ["bessellr"] * 6 + ["besselli"] + ["bessellr"] * 8, dtype=object))  # fmt: skip # noqa: E501
    assert found("filter-run", twice) == []


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["SN", "GRB"]),
            st.sampled_from(["T1", "T2"]),
            st.sampled_from(["bessellr", "besselli", "sdssr", "unknown::band"]),
            st.integers(0, 40),
            st.sampled_from([18.0, 18.1, 40.0, float("nan")]),
        ),
        min_size=1,
        max_size=40,
    )
)
def test_any_rows_in_any_order_have_the_same_findings(some):
    target, telescope, band, minute, mag = (list(column) for column in zip(*some, strict=True))
    n = len(some)
    t = NIGHT + np.array(minute) / 1440.0 + np.arange(n) / 86_400e3  # no two rows at one time
    m = rows(n, target=target, telescope=telescope, filter=band, t_mjd=t, mag=np.array(mag))
    names = ("filter-run", "filter-twice")
    before = {(one.row, one.check.id) for one in check(m) if one.check.id in names}
    order = np.random.default_rng(n).permutation(n)
    after = {(int(order[one.row]), one.check.id) for one in check(m.take(order)) if one.check.id in names}
    assert before == after


# --- published cameras ------------------------------------------------------------------------------------------------
def test_published_cameras_are_known_by_their_names():
    known = published_cameras(
        ["NGSO/Swift/UVOT", "LSO/MPG-ESO(2.2m)/GROND", "ORM/GTC/OSIRIS", "A/B/GROND+C/D/E", "XGRONDX"]
    )
    assert known == {"NGSO/Swift/UVOT": CAMERAS["UVOT"], "LSO/MPG-ESO(2.2m)/GROND": CAMERAS["GROND"]}


def test_a_filter_that_a_published_camera_does_not_have():
    m = rows(2, telescope="NGSO/Swift/UVOT", filter=["bessellr", "bessellv"], filter_given=["R", "V"])
    (one,) = found("filter-not-there", m, instruments=published_cameras(m.telescope.tolist()))
    assert one.row == 0
    assert "has no filter R" in one.sentence
