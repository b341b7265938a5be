"""What may be asked for, and that everything wrong with a wish is told at once."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tom_gcn.planning import PlanOptions, PlanWish, WishError

wishes = st.builds(
    PlanWish,
    telescopes=st.sampled_from([(), ("all",), ("TAROT-TCA", "CFHT")]),
    without=st.sampled_from([(), ("TAROT-TCH",)]),
    settings=st.sampled_from([{}, {"TAROT-TCA": {"exposure_s": 30.0, "filter": "sdssr", "max_pointings": 5}}]),
    start=st.none() | st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)),
    hours=st.floats(0.1, 240.0),
    options=st.builds(
        PlanOptions,
        max_pointings=st.none() | st.integers(0, 500),
        epochs=st.integers(1, 6),
        epoch_filters=st.sampled_from([(), ("g", "r")]),
        airmass_max=st.none() | st.floats(1.0, 10.0),
        hour_angle_max_h=st.none() | st.floats(0.5, 12.0),
        moon=st.sampled_from(["phase", "fixed"]),
        galaxies=st.booleans(),
    ),
)


@given(wishes)
def test_a_wish_survives_json(wish: PlanWish) -> None:
    assert PlanWish.from_json(wish.to_json()) == wish


def test_what_is_left_out_takes_its_default() -> None:
    assert PlanWish.from_json({}) == PlanWish()
    assert PlanWish.from_json({"options": {"epochs": 2}, "start": None}).options == PlanOptions(epochs=2)
    assert PlanWish.from_json({"options": {"max_pointings": None}}).options.max_pointings is None


def test_names_are_written_as_ours() -> None:
    wish = PlanWish(telescopes=("tarot-tca", "TAROT-TCA"), settings={"tarot-tca": {"n_exposures": 2}})
    assert wish.telescopes == ("TAROT-TCA",)
    assert wish.settings == {"TAROT-TCA": {"n_exposures": 2}}


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"telescopes": ["TAROT-TCAA"]}, "telescopes", "No telescope is called 'TAROT-TCAA'."),
    ({"telescopes": "TAROT-TCA"}, "telescopes", "is not a list of names"),
    ({"without": ["nobody"]}, "without", "No telescope is called 'nobody'."),
    ({"hours": -3}, "hours", "A plan cannot span -3 hours."),
    ({"hours": 0}, "hours", "A plan cannot span 0 hours."),
    ({"hours": 241}, "hours", "A plan cannot span 241 hours."),
    ({"hours": float("nan")}, "hours", "is not a number"),
    ({"hours": "long"}, "hours", "'long' is not a number."),
    ({"start": "2026-01-01T00:00:00"}, "start", "has no time zone"),
    ({"start": "yesterday"}, "start", "'yesterday' is not a time."),
    ({"settings": {"TAROT-TCA": {"exposure_s": -1}}}, "settings.TAROT-TCA.exposure_s", "-1 is impossible."),
    ({"settings": {"TAROT-TCA": {"exposure_s": 0}}}, "settings.TAROT-TCA.exposure_s", "0 is impossible."),
    ({"settings": {"TAROT-TCA": {"n_exposures": 1.5}}}, "settings.TAROT-TCA.n_exposures", "not a whole number"),
    ({"settings": {"TAROT-TCA": {"filter": "Ha"}}}, "settings.TAROT-TCA.filter", "TAROT-TCA has no filter 'Ha'."),
    ({"settings": {"TAROT-TCA": {"colour": 1}}}, "settings.TAROT-TCA.colour", "There is no field 'colour'."),
    ({"settings": {"nobody": {}}}, "settings.nobody", "No telescope is called 'nobody'."),
    ({"options": {"epochs": 0}}, "options.epochs", "It must lie between 1 and 6, not 0."),
    ({"options": {"moon": "blue"}}, "options.moon", "It must be one of phase, fixed, not 'blue'."),
    ({"options": {"galaxies": 1}}, "options.galaxies", "neither true nor false"),
    ({"options": {"level": 1.0}}, "options.level", "must lie between 0 and 1"),
    ({"wishes": 3}, "wishes", "There is no field 'wishes'."),
    ({"engine": 3}, "engine", "3 is not a text."),
]


@pytest.mark.parametrize(("data", "where", "what"), WRONG)
def test_what_cannot_be_is_refused_by_name(data: dict[str, Any], where: str, what: str) -> None:
    with pytest.raises(WishError) as refused:
        PlanWish.from_json(data)
    (problem,) = refused.value.problems
    assert problem.where == where
    assert what in problem.what


def test_everything_wrong_is_told_at_once() -> None:
    with pytest.raises(WishError) as refused:
        PlanWish.from_json({"hours": -1, "telescopes": ["nobody"], "options": {"epochs": 0}, "more": 1})
    assert {problem.where for problem in refused.value.problems} == {"hours", "telescopes", "options.epochs", "more"}
    assert "Did you mean TAROT-TCA or" in str(_refusal({"telescopes": ["TAROT-TCAA"]}))


@pytest.mark.parametrize("data", [None, 3, "plan", [1]])
def test_no_object_is_no_wish(data: object) -> None:
    assert "named fields" in str(_refusal(data))


def _refusal(data: object) -> WishError:
    with pytest.raises(WishError) as refused:
        PlanWish.from_json(data)
    return refused.value
