"""Roles where they count: who sees may not change, on pages and over the API."""

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.files.uploadedfile import SimpleUploadedFile
from django_comments.forms import CommentForm
from django_comments.models import Comment
from tom_dataproducts.models import DataProduct
from tom_targets.models import Target

from tests.factories import make_target, make_user

pytestmark = pytest.mark.django_db
JSON = "application/json"
ROLES = pytest.mark.parametrize(("role", "may"), [("view", False), ("full", True)])


@pytest.fixture
def target(grandma):
    return make_target("AT2017gfo", group=grandma)


@pytest.fixture
def client_of(browse, grandma):
    return lambda role: browse(make_user("somebody", grandma, role=role))


@ROLES
def test_comments(target, client_of, role, may):
    form = CommentForm(target)
    fields = {**form.generate_security_data(), "comment": "It faded.", "content_type": "tom_targets.basetarget"}
    answer = client_of(role).post("/comments/post/", fields)
    assert answer.status_code == (302 if may else 404)
    assert Comment.objects.filter(content_type=ContentType.objects.get_for_model(Target)).exists() is may


@ROLES
def test_data_products(target, client_of, role, may):
    fields = {"target": target.pk, "data_product_type": "image_file", "referrer": "/"}
    client_of(role).post("/dataproducts/data/upload/", fields | {"files": SimpleUploadedFile("a.txt", b"x")})
    assert DataProduct.objects.exists() is may


@ROLES
def test_reduced_data_over_the_api(target, client_of, role, may):
    row = {"target": target.pk, "data_type": "photometry", "timestamp": "2024-01-01T00:00:00Z", "source_name": "x"}
    body = row | {"brightness": 18.2, "bandpass": "r", "value": {"magnitude": 18.2, "filter": "r"}}
    answer = client_of(role).post("/api/reduceddatums/", body, content_type=JSON)
    assert (answer.status_code == 201) is may, answer.content


@ROLES
def test_the_form_of_a_request(target, client_of, role, may):
    answer = client_of(role).get("/observations/CFHT/create/", {"target_id": target.pk})
    assert answer.status_code == (200 if may else 404)


@ROLES
def test_new_targets(client_of, role, may):
    client = client_of(role)
    assert client.get("/targets/create/").status_code == (200 if may else 404)
    assert ("targets/create/" in client.get("/targets/").content.decode()) is may
