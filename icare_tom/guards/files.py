"""Uploaded files: what is accepted, and a permission-checked view that serves them as attachments."""

import mimetypes
import re
from pathlib import PurePosixPath

from django.contrib.auth.decorators import login_required
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Q
from django.http import FileResponse, Http404, HttpRequest
from django.views.decorators.http import require_safe

from icare_tom.guards.access import visible_products

MAX_UPLOAD_BYTES = 200 * 1024 * 1024
ACCEPTED_SUFFIXES = frozenset(
    {".csv", ".txt", ".dat", ".ecsv", ".json", ".fits", ".fit", ".fz", ".gz", ".jpg", ".jpeg", ".png", ".pdf", ".xml"}
)


def problem_with(file: UploadedFile) -> str:
    """Why an upload is refused, or an empty string."""
    name = safe_name(file.name or "")
    if PurePosixPath(name).suffix.lower() not in ACCEPTED_SUFFIXES:
        return f"{name} was not stored: accepted are {', '.join(sorted(ACCEPTED_SUFFIXES))}."
    if (file.size or 0) > MAX_UPLOAD_BYTES:
        return f"{name} was not stored: it is larger than {MAX_UPLOAD_BYTES // 1024**2} MB."
    return ""


def safe_name(name: str) -> str:
    """A file name without folders, control characters or anything a header or shell could trip over."""
    last = PurePosixPath(name.replace("\\", "/")).name
    return re.sub(r"[^A-Za-z0-9._+-]+", "_", last).lstrip(".")[:150] or "file"


@require_safe
@login_required
def serve_file(request: HttpRequest, name: str) -> FileResponse:
    """A stored file, for those who may see the target it belongs to; anything else is not found."""
    wanted = Q(data=name) | Q(thumbnail=name)
    if "\x00" in name or not visible_products(request.user).filter(wanted).exists():
        raise Http404
    try:
        stored = default_storage.open(name, "rb")
    except (FileNotFoundError, IsADirectoryError, SuspiciousFileOperation):
        raise Http404 from None
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    response = FileResponse(stored, as_attachment=True, filename=safe_name(name), content_type=kind)
    response["X-Content-Type-Options"] = "nosniff"
    return response
