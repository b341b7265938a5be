"""Python client of an ICARE-TOM site.

``client``   what one asks and sends
``sending``  how: the token, repeating what may be repeated, pages of lists
``answers``  what became of an upload, row by row
``errors``   what goes wrong, each with what to do
"""

from icare_client.answers import Row, Upload
from icare_client.client import Client
from icare_client.errors import (
    Away,
    Conflict,
    IcareError,
    NotAllowed,
    NotFound,
    NothingStored,
    NotSignedIn,
    TooMany,
    UploadFailed,
    Wrong,
)

__all__ = [
    "Away",
    "Client",
    "Conflict",
    "IcareError",
    "NotAllowed",
    "NotFound",
    "NotSignedIn",
    "NothingStored",
    "Row",
    "TooMany",
    "Upload",
    "UploadFailed",
    "Wrong",
]
