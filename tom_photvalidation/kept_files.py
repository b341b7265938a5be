"""Files of uploads as answers. The caller has made sure that they may be seen."""

import gzip
import re

from django.http import Http404, HttpResponse

from tom_photvalidation.models import PhotometryFile, PhotometryUpload


def kept_file(upload: PhotometryUpload, which: str) -> HttpResponse:
    """The body as it came (`file`), or a line for every row and what became of it (`answers`).

    Raises
    ------
    Http404
        When there is none.
    """
    kept = PhotometryFile.objects.filter(upload=upload).first()
    packed = None if kept is None else kept.body if which == "file" else kept.answers
    if packed is None:
        raise Http404("There is no such file of this upload.")
    kind = "application/octet-stream" if which == "file" else "text/csv; charset=utf-8"
    answer = HttpResponse(gzip.decompress(bytes(packed)), content_type=kind)
    answer["Content-Disposition"] = f'attachment; filename="{_name(upload, which)}"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def _name(upload: PhotometryUpload, which: str) -> str:
    """A file name of letters, digits, dots and dashes only, so that no header can be broken by it."""
    if which == "answers":
        return f"photometry-{upload.pk}-answers.csv"
    return re.sub(r"[^A-Za-z0-9.]+", "-", upload.source).strip("-.") or f"photometry-{upload.pk}"
