"""Files of uploads as answers. The caller has made sure that the upload may be seen."""

import gzip
import re
from typing import Any

from django.http import Http404, HttpResponse

from tom_grandma_facilities.models import ObservationUpload, UploadedFile


def upload_file(upload: ObservationUpload, which: str) -> HttpResponse:
    """The file as it came (`file`), or a line for every row and what became of it (`answers`)."""
    kept = UploadedFile.objects.filter(upload=upload).first()
    return packed_file(kept, which, source=upload.source, stem=f"upload-{upload.pk}")


def packed_file(kept: Any, which: str, *, source: str, stem: str) -> HttpResponse:
    """Return what a row keeps packed in its `body` or its `answers`, named after its source.

    Raises
    ------
    Http404
        When there is none.
    """
    packed = None if kept is None else kept.body if which == "file" else kept.answers
    if packed is None:
        raise Http404("There is no such file of this upload.")
    kind = "application/octet-stream" if which == "file" else "text/csv; charset=utf-8"
    answer = HttpResponse(gzip.decompress(bytes(packed)), content_type=kind)
    # Letters, digits, dots and dashes only, so that no header can be broken by a name.
    name = re.sub(r"[^A-Za-z0-9.]+", "-", source).strip("-.") or stem if which == "file" else f"{stem}-answers.csv"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
