"""Files of uploads as answers. The caller has made sure that they may be seen."""

from django.http import HttpResponse

from tom_grandma_facilities.upload_files import packed_file
from tom_photvalidation.models import PhotometryFile, PhotometryUpload


def kept_file(upload: PhotometryUpload, which: str) -> HttpResponse:
    """The body as it came (`file`), or a line for every row and what became of it (`answers`)."""
    kept = PhotometryFile.objects.filter(upload=upload).first()
    return packed_file(kept, which, source=upload.source, stem=f"photometry-{upload.pk}")
