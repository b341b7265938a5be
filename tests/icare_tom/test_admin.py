"""The admin: every model has a page, rows the system writes are looked at only, and lists take few queries."""

import itertools

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext

from icare_tom.auto_targets import EventTarget
from tests.factories import SECRET, make_event, make_group, make_target, make_user, make_world
from tom_gcn.models import Coincidence, EventSummary, HandTag

pytestmark = pytest.mark.django_db

OURS = ("tom_gcn", "icare_tom", "tom_grandma_facilities", "tom_photvalidation")
# Looked at on a page of another model.
WITHIN_OTHERS = {
    "icare_tom.AdmissionEntry": "on the page of its request",
    "icare_tom.PersonSession": "on the profile of the person",
    "tom_gcn.EventAlias": "on the page of its event",
    "tom_gcn.TelescopePlan": "on the event page, with its plan",
    "tom_grandma_facilities.UploadedFile": "on the page of its upload",
    "tom_photvalidation.PhotometryFile": "on the page of its upload",
    "tom_gcn.PlannedPointing": "on the event page, with its plan",
}
EDITED = {
    "tom_gcn.AlertTopic", "tom_gcn.Event", "tom_gcn.TagRule", "tom_gcn.ListenerHeartbeat", "tom_gcn.PlanPreset",
    "tom_grandma_facilities.TelescopeStatus", "tom_grandma_facilities.Channel", "tom_grandma_facilities.Allocation",
    "icare_tom.Membership", "tom_photvalidation.InstrumentProfile",
}  # fmt: skip

# What never happened is taken away again.
DELETED = {"tom_grandma_facilities.ExecutedObservation"}


def ours():
    return [model for model in apps.get_models() if model._meta.app_label in OURS]


def list_of(model) -> str:
    return f"/admin/{model._meta.app_label}/{model._meta.model_name}/"


def test_every_model_has_a_page_in_the_admin():
    missing = {model._meta.label for model in ours() if not admin.site.is_registered(model)}
    assert not missing - set(WITHIN_OTHERS)


@pytest.mark.parametrize("model", [m for m in ours() if admin.site.is_registered(m)], ids=lambda m: m._meta.label)
def test_lists_and_rows_open_are_searched_and_not_edited(model, administrator, browse):
    world = make_world(make_group(f"{SECRET} network"))
    client, label = browse(administrator), model._meta.label
    assert client.get(list_of(model), {"q": "x"}).status_code == 200
    assert admin.site._registry[model].search_fields or label in EDITED
    row = world.by_model.get(label.lower())
    if row is not None and label != "tom_gcn.SavedSearch":
        assert client.get(f"{list_of(model)}{row.pk}/change/").status_code == 200
    if label not in EDITED:
        assert client.get(f"{list_of(model)}add/").status_code in (302, 403)
    if label not in EDITED | DELETED:
        assert "delete_selected" not in client.get(list_of(model)).content.decode()


def _rows(number: int) -> None:
    group = make_group()
    for place in range(number):
        one, other = (make_event(f"{side}{place}-{number}", group) for side in ("A", "B"))
        user, target = make_user(f"u{place}-{number}"), make_target(f"T{place}-{number}")
        Coincidence.objects.create(one=one, other=other, delta_t_s=1, window_s=6)
        HandTag.objects.create(event=one, tag="x", added_by=user)
        EventSummary.objects.create(event=one)
        EventTarget.objects.create(event=one, target=target)


@pytest.mark.parametrize(
    "name",
    ["tom_gcn/coincidence", "tom_gcn/handtag", "tom_gcn/eventsummary", "icare_tom/eventtarget",
     "icare_tom/targetskyindex"],
)  # fmt: skip
def test_lists_take_as_many_queries_for_many_rows(name, administrator, browse):
    client, counts = browse(administrator), []
    client.get(f"/admin/{name}/")
    for number in (2, 12):
        _rows(number)
        with CaptureQueriesContext(connection) as queries:
            client.get(f"/admin/{name}/")
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_staff_of_another_group_see_no_rows(browse):
    make_world(make_group(f"{SECRET} network"))
    user = make_user("helper", make_group("Another group"))
    user.is_staff = True
    user.save()
    user.user_permissions.set(Permission.objects.filter(codename__startswith="view_", content_type__app_label__in=OURS))
    client = browse(type(user).objects.get(pk=user.pk))
    told = []
    for model, how in itertools.product(ours(), ("", "?q=Zq7")):
        if admin.site.is_registered(model) and model._meta.label != "tom_grandma_facilities.TelescopeStatus":
            told += [model._meta.label] if SECRET in client.get(list_of(model) + how).content.decode() else []
    assert told == []
