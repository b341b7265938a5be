"""What the site knows of a person: taken away as a file, and forgotten while science stays."""

import io
import json
import zipfile

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import ForeignKey
from django_comments.models import Comment
from rest_framework.authtoken.models import Token

from icare_tom.members.admission import file_admission
from icare_tom.members.personal_data import ABOUT, forget, works_of
from icare_tom.members.scope import limit
from icare_tom.members.token_models import ApiToken
from icare_tom.members.tokens import make_token
from tests.factories import make_group, make_user, make_world

pytestmark = pytest.mark.django_db
DATA, DELETE = "/members/profile/data.zip", "/members/profile/delete/"
SURE = {"username": "leaver", "password": "correct-horse"}


@pytest.fixture
def leaver(grandma):
    user = make_user("leaver", grandma)
    User.objects.filter(pk=user.pk).update(first_name="Leonie", last_name="Vogel")
    EmailAddress.objects.create(user=user, email="leonie@example.org", verified=True)
    Authenticator.objects.create(user=user, type="totp", data={"secret": "SECONDFACTOR"})
    Token.objects.create(user=user, key="readablekey")
    file_admission(user, affiliation="Observatory", groups_wanted=[], email=user.email, email_verified=True)
    User.objects.filter(pk=user.pk).update(is_active=True)
    return User.objects.get(pk=user.pk)


def files_of(answer) -> dict[str, object]:
    with zipfile.ZipFile(io.BytesIO(answer.content)) as file:
        return {name: json.loads(file.read(name)) for name in file.namelist() if name.endswith(".json")}


def test_every_field_that_names_a_person_is_about_them_or_their_work():
    """A new model is found here: it goes into the table, or its rows stay as works."""
    named = {
        (model._meta.label, field.name)
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, ForeignKey) and field.related_model is User and not model._meta.proxy
    }
    about = {(label, field) for label, (field, _) in ABOUT.items()}
    works = {(model._meta.label, field) for model, field in works_of()}
    rest = named - about - works
    assert {label for label, _ in rest} <= set(ABOUT)
    assert about <= named


def test_the_file_tells_what_is_known_and_opens_no_door(leaver, browse):
    made = make_token(leaver, "night script")
    other = make_token(make_user("other"), "of another")
    answer = browse(leaver).get(DATA)
    assert answer["Content-Type"] == "application/zip"
    files = files_of(answer)
    about = files["about-you.json"]
    assert about["account"]["last_name"] == "Vogel"
    assert about["icare_tom.Membership"][0]["role"] == "full"
    assert about["icare_tom.AdmissionRequest"][0]["affiliation"] == "Observatory"
    assert about["icare_tom.ApiToken"][0]["name"] == "night script"
    text = json.dumps(files)
    for secret in (made.token.digest, made.key, "SECONDFACTOR", "readablekey", leaver.password, other.token.name):
        assert secret not in text


def test_works_are_named_by_their_keys(browse):
    world = make_world(make_group())
    works = files_of(browse(world.owner).get(DATA))["works.json"]
    assert works["tom_grandma_facilities.FollowUpRequest"]["created_by"]
    assert works["tom_photvalidation.PhotometryUpload"]["uploaded_by"]


def test_deleting_takes_the_name_and_leaves_the_science(browse):
    world = make_world(make_group())
    owner, name = world.owner, world.owner.username
    rows = [row for row in world.rows if row._meta.label not in {*ABOUT, "auth.User"}]
    client = browse(owner)
    answer = client.post(DELETE, {"username": name, "password": "correct-horse"})
    assert answer.status_code == 200
    left = User.objects.get(pk=owner.pk)
    assert (left.username, left.email, left.is_active, left.groups.count()) == (f"gone-{owner.pk}", "", False, 0)
    assert not left.has_usable_password()
    gone = [row._meta.label for row in rows if not type(row)._default_manager.filter(pk=row.pk).exists()]
    assert gone == []
    comment = Comment.objects.get(user=left)
    assert (comment.user_name, comment.user_email) == ("", "")


def test_deleting_ends_everything_that_opens_a_door(leaver, browse):
    key = make_token(leaver, "script").key
    here, there = browse(leaver), browse(leaver)
    assert here.post(DELETE, SURE).status_code == 200
    assert there.get("/members/profile/").status_code == 302
    assert browse().get("/api/targets/", headers={"Authorization": f"token {key}"}).status_code == 401
    for label, (field, _) in ABOUT.items():
        if label != "tom_common.Profile":
            assert not apps.get_model(label)._default_manager.filter(**{field: leaver.pk}).exists(), label
    client = browse()
    client.post("/accounts/login/", {"login": "leaver", "password": "correct-horse"})
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("wrong", [{"username": "member"}, {"password": "wrong"}, {"username": ""}])
def test_deleting_needs_the_name_and_the_password(leaver, browse, wrong):
    client = browse(leaver)
    assert client.get(DELETE).status_code == 200
    assert client.post(DELETE, SURE | wrong).status_code == 400
    assert User.objects.get(pk=leaver.pk).is_active


def test_accounts_without_a_password_type_their_name(leaver, browse):
    leaver.set_unusable_password()
    leaver.save()
    assert browse(User.objects.get(pk=leaver.pk)).post(DELETE, {"username": "leaver"}).status_code == 200


def test_the_last_super_admin_stays(administrator, leaver):
    with pytest.raises(ValidationError, match="last super admin"):
        forget(administrator, by=administrator)
    forget(leaver, by=administrator)
    assert not User.objects.filter(username="leaver").exists()


def test_others_and_tokens_delete_nobody(leaver, member):
    with pytest.raises(PermissionDenied):
        forget(leaver, by=member)
    cut = User.objects.get(pk=leaver.pk)
    limit(cut, [])
    with pytest.raises(PermissionDenied):
        forget(leaver, by=cut)
    assert ApiToken.objects.count() == 0
