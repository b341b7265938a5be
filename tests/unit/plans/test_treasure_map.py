"""What is sent to Treasure Map, against the rules that its documentation and its server have for planned pointings."""

from datetime import UTC, datetime, timedelta

import pytest

from tom_gcn.plan_formats.treasure_map import Planned, band_of, pointing, request

# enums.bandpass and enums.depth_unit of its server
BANDS = {
    "U", "B", "V", "R", "I", "J", "H", "K", "u", "g", "r", "i", "z", "UVW1", "UVW2", "UVM2", "XRT", "clear", "open",
    "UHF", "VHF", "L", "S", "C", "X", "other", "TESS", "BAT", "HESS", "WISEL", "q",
}  # fmt: skip
START = datetime(2026, 11, 20, 23, 59, 30, tzinfo=UTC)


def planned(**changes) -> Planned:
    values = {
        "ra_deg": 200.5, "dec_deg": -23.25, "start": START, "end": START + timedelta(seconds=61), "filter": "sdssr",
        "instrument": 47,
    }  # fmt: skip
    return Planned(**{**values, **changes})


def test_a_pointing_has_their_fields():
    body = pointing(planned())
    assert (body["ra"], body["dec"]) == (200.5, -23.25)
    assert body["status"] == "planned"
    assert body["instrumentid"] == 47
    assert body["band"] == "r"
    middle = datetime.strptime(body["time"], "%Y-%m-%dT%H:%M:%S.%f").replace(tzinfo=UTC)
    assert middle == datetime(2026, 11, 21, 0, 0, 0, 500_000, tzinfo=UTC)


@pytest.mark.parametrize("ra", [0.0, 0.000001, 90.0, 179.99, 180.0, 359.9999999])
def test_right_ascension_is_sent_as_it_is(ra):
    assert pointing(planned(ra_deg=ra))["ra"] == pytest.approx(ra % 360.0 if ra < 359.9999 else 0.0, abs=1e-5)


def test_bands_are_theirs_or_unknown():
    from tom_grandma_facilities.registry import TELESCOPES

    ours = {name for one in TELESCOPES.values() for name in (*one.filters, one.default_filter.value or "")}
    known = {name: band_of(name) for name in ours}
    assert set(known.values()) - {None} <= BANDS
    assert (known["r"], known["R"], known["Rc"], known["sdssg"], known["no filter"]) == ("r", "R", "R", "g", "open")
    assert band_of("a filter of tomorrow") is None


def test_what_is_unknown_stays_unknown_and_is_named():
    body = request("S240422ed", [planned(instrument=None, filter="c")], {"GWAC": "c"})
    (one,) = body["pointings"]
    assert one["depth"] is None
    assert one["depth_unit"] is None
    assert body["unknown"] == ["band", "depth", "depth_unit", "instrumentid"]
    assert body["remarks"] == ["GWAC: filter c is no band of Treasure Map."]
