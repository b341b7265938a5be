"""Executed observations in plain Python: what telescope teams tell, read, checked and placed on the sky.

`readers` turns CSV and JSON into rows with their line numbers, `fits_header` an image, `columns` knows the names of
columns, `times` reads times, `checking` says what is wrong with a row, `sky` knows which pointings hold a
position. No Django.
"""

from .checking import Checked, check
from .columns import COLUMNS, Column
from .readers import read_csv, read_json, read_rows, read_sheet
from .rows import Problem, RawRow, Sheet, UnreadableSheet
from .sky import Pointing, Pointings

__all__ = [
    "COLUMNS",
    "Checked",
    "Column",
    "Pointing",
    "Pointings",
    "Problem",
    "RawRow",
    "Sheet",
    "UnreadableSheet",
    "check",
    "read_csv",
    "read_json",
    "read_rows",
    "read_sheet",
]
