"""Binary tables and VOTables that are broken in ways their libraries have no error of their own for."""

import io

import pyarrow
import pyarrow.parquet
import pytest

from tom_photvalidation.readers import read

DEEP = b'<?xml version="1.0"?><VOTABLE>' + b"<RESOURCE>" * 5000 + b"</RESOURCE>" * 5000 + b"</VOTABLE>"
NAMELESS = b"""<?xml version="1.0"?><VOTABLE version="1.4" xmlns="http://www.ivoa.net/xml/VOTable/v1.3"><RESOURCE><TABLE>
<FIELD datatype="double"/><DATA><TABLEDATA><TR><TD>1</TD></TR></TABLEDATA></DATA></TABLE></RESOURCE></VOTABLE>"""


def misnamed() -> bytes:
    """A Parquet file with the name of a column that is no text."""
    file = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table({"magni": [18.0]}), file, store_schema=False)
    return file.getvalue().replace(b"magni", b"mag\xc1i")


@pytest.mark.parametrize(
    ("body", "name", "code"),
    [(DEEP, "a.vot", "not-votable"), (NAMELESS, "a.vot", "not-votable"), (misnamed(), "a.parquet", "not-parquet")],
    ids=["nested too deep", "a field without a name", "a name that is no text"],
)
def test_they_are_refused_in_words(body, name, code):
    reading = read(body, name)
    assert not len(reading.measurements)
    assert [problem.code for problem in reading.problems] == [code]
