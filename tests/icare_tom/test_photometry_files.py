"""Files of photometry given to TOM: no column of them names a row of the database, or passes a row off as a point."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tom_dataproducts.models import DataProduct, PhotometryReducedDatum

from tests.factories import SEEN, make_group, make_target

pytestmark = pytest.mark.django_db


def send(client, where, target, column, value):
    header = f"time,brightness,bandpass,brightness_error,unit,{column}"
    file = SimpleUploadedFile("night.csv", f"{header}\n60617.8,18.2,r,0.1,AB,{value}\n".encode(), "text/csv")
    said = {"target": target.pk, "data_product_type": "photometry"}
    if where == "api":
        return client.post("/api/dataproducts/", said | {"file": file})
    return client.post("/dataproducts/data/upload/", said | {"files": file, "referrer": "/"})


@pytest.mark.parametrize("where", ["api", "page"])
@pytest.mark.parametrize("column", ["id", "pk", "target_id", "target", "data_product_id", "reduction_version"])
def test_a_file_that_names_rows_is_refused_and_changes_none(column, where, grandma, member, browse):
    target, others = make_target("AT2024abc", group=grandma), make_target("AT2024xyz", group=make_group("Others"))
    row = PhotometryReducedDatum.objects.create(target=others, timestamp=SEEN, brightness=19.0, bandpass="r")
    names = {"id": row.pk, "pk": row.pk, "target_id": f"{others.pk}.0", "target": others.pk, "reduction_version": "p77"}
    answer = send(browse(member), where, target, column, names.get(column, 1))
    assert answer.status_code == (400 if where == "api" else 302)
    assert list(PhotometryReducedDatum.objects.values_list("pk", "target", "brightness")) == [(row.pk, others.pk, 19.0)]
    assert not DataProduct.objects.exists()


@pytest.mark.parametrize("where", ["api", "page"])
def test_usual_columns_are_taken(where, grandma, member, browse):
    answer = send(browse(member), where, make_target("AT2024abc", group=grandma), "reduction_version", "drp-3")
    assert answer.status_code == (201 if where == "api" else 302)
    assert PhotometryReducedDatum.objects.get().reduction_version == "drp-3"
