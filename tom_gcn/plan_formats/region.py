"""Parts of the sky as a MOC in FITS (IVOA Multi-Order Coverage 2.0); the JSON form is in `tom_gcn.sky_formats`."""

import io

import numpy as np
from astropy.io import fits

from tom_gcn.plan_formats.outlines import IntArray
from tom_gcn.sky_formats import moc_json
from tom_gcn.skymaps.ranges import MAX_ORDER


def moc_fits(ranges: IntArray, about: dict[str, str]) -> bytes:
    """Return order-29 ranges as a FITS file of NUNIQ numbers (MOC 2.0, section 4.3.2).

    Parameters
    ----------
    ranges : ndarray of int64, shape (n, 2)
        Merged, half open.
    about : dict of str to str
        Cards for the header; what is not printable ASCII has no place there (FITS 4.0, section 4.2.1) and becomes "?".
    """
    cells = {int(order): np.asarray(ipix, dtype=np.int64) for order, ipix in moc_json(ranges).items()}
    uniq = [(np.int64(4) << np.int64(2 * order)) + ipix for order, ipix in sorted(cells.items())]
    numbers = np.concatenate(uniq) if uniq else np.empty(0, dtype=np.int64)
    table = fits.BinTableHDU.from_columns([fits.Column("UNIQ", "1K", array=numbers)])
    deepest = max(cells, default=0)
    cards: dict[str, str | int] = {
        "PIXTYPE": "HEALPIX",
        "ORDERING": "NUNIQ",
        "COORDSYS": "C",
        "MOCVERS": "2.0",
        "MOCDIM": "SPACE",
        "MOCORD_S": deepest,
        # readers of version 1 look for this one
        "MOCORDER": deepest,
        "MOCTOOL": "ICARE-TOM",
    }
    assert deepest <= MAX_ORDER
    table.header.update({**cards, **{name: _printable(text) for name, text in about.items()}})
    buffer = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), table]).writeto(buffer)
    return buffer.getvalue()


def _printable(text: str) -> str:
    return "".join(character if " " <= character <= "~" else "?" for character in text)
