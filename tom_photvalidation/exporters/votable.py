"""Measurements as VOTable 1.4 (IVOA Recommendation of 2019-10-21) with TIMESYS, UCDs and units."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

import numpy as np

from tom_photvalidation.exporters import sheet
from tom_photvalidation.measurements import Measurements

ROWS = 5_000
NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
BEGINNING = """<?xml version="1.0" encoding="UTF-8"?>
<VOTABLE version="1.4" xmlns="http://www.ivoa.net/xml/VOTable/v1.3">
<RESOURCE type="results">
<TIMESYS ID="utc" timescale="UTC" refposition="TOPOCENTER" timeorigin="2400000.5"/>
<COOSYS ID="icrs" system="ICRS"/>
<TABLE name="photometry">
"""
END = "</TABLEDATA></DATA>\n</TABLE>\n</RESOURCE>\n</VOTABLE>\n"


def write(m: Measurements) -> Iterator[bytes]:
    """Yield a VOTable."""
    yield (BEGINNING + "".join(_field(name) for name in sheet.ORDER) + "<DATA><TABLEDATA>\n").encode()
    for first in range(0, len(m), ROWS):
        part = m.take(np.arange(first, min(first + ROWS, len(m))))
        columns = [_cells(part, name) for name in sheet.ORDER]
        rows = ("".join(["<TR>", *(f"<TD>{one}</TD>" for one in row), "</TR>\n"]) for row in zip(*columns, strict=True))
        yield "".join(rows).encode()
    yield END.encode()


def _field(name: str) -> str:
    about = sheet.ABOUT[name]
    kind = 'datatype="unicodeChar" arraysize="*"' if sheet.is_text(name) else 'datatype="double"'
    unit = f" unit={quoteattr(about.unit)}" if about.unit else ""
    system = {"mjd": ' ref="utc"', "ra_deg": ' ref="icrs"', "dec_deg": ' ref="icrs"'}.get(name, "")
    return (
        f"<FIELD name={quoteattr(name)} {kind}{unit} ucd={quoteattr(about.ucd)}{system}>"
        f"<DESCRIPTION>{escape(about.description)}</DESCRIPTION></FIELD>\n"
    )


def _cells(m: Measurements, name: str) -> list[str]:
    if sheet.is_text(name):
        return [escape(NOT_XML.sub("\ufffd", text)) for text in sheet.texts(m, name)]
    return [sheet.number_text(value) for value in sheet.numbers(m, name).tolist()]
