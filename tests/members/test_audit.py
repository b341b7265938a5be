"""Who changed what: PostgreSQL writes it down, whichever way rows are written, and nobody rewrites it."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.core.cache import cache
from django.core.management import call_command
from django.db import DatabaseError, connection, connections, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from tom_targets.models import Target, TargetExtra, TargetList

from icare_tom.audit.models import AuditEntry
from icare_tom.audit.tasks import prune_daily
from icare_tom.audit.triggers import watch_rows
from icare_tom.audit.watched import ALWAYS_HIDDEN, CLOCKS, NOT_WATCHED, NOT_WATCHED_APPS, WATCHED, watched_models
from icare_tom.members.memberships import set_membership
from icare_tom.members.models import Membership
from icare_tom.members.tokens import make_token
from tests.factories import make_target, make_user
from tom_photvalidation.models import PhotometryUpload

pytestmark = pytest.mark.django_db


def entries(model: str, **held) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(model=model, **held).order_by("pk"))


def latest(model: str, **held) -> AuditEntry:
    return entries(model, **held)[-1]


def with_token(browse, owner: User, **wish):
    client = browse()
    client.defaults["HTTP_AUTHORIZATION"] = f"token {make_token(owner, 'script', **wish).key}"
    return client


def test_every_model_is_watched_or_says_why_not():
    known = {*WATCHED, *NOT_WATCHED}
    models = apps.get_models(include_auto_created=True)
    missing = {m._meta.label_lower for m in models if m._meta.app_label not in NOT_WATCHED_APPS} - known
    assert not missing, "enter them in icare_tom/audit/watched.py"
    assert not set(WATCHED) & set(NOT_WATCHED)


def test_the_table_names_columns_that_exist():
    for model, watch in watched_models():
        columns = {field.column for field in model._meta.concrete_fields}
        named = (watch.hidden | watch.passing) - ALWAYS_HIDDEN - CLOCKS
        assert named <= columns, model
        assert not watch.named_by or watch.named_by in columns
        if "=" in watch.about:
            column, label = watch.about.split("=")
            assert column in columns
            assert apps.get_model(label)


def test_each_way_of_writing_is_seen():
    target = make_target("T1")
    assert latest("tom_targets.basetarget").action == "added"
    target.ra = 12.5
    target.save()
    Target.objects.filter(pk=target.pk).update(dec=-3.0)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE tom_targets_basetarget SET epoch = 2015 WHERE id = %s", [target.pk])
    changes = [(entry.before, entry.after) for entry in entries("tom_targets.basetarget", action="changed")]
    assert [after for _, after in changes][-2:] == [{"dec": -3.0}, {"epoch": 2015}]
    assert changes[-3][1]["ra"] == 12.5
    key = target.pk
    target.delete()
    gone = latest("tom_targets.basetarget")
    assert (gone.action, gone.object_id, gone.name, gone.after) == ("removed", str(key), "T1", None)
    assert gone.before["ra"] == 12.5


def test_what_did_not_change_leaves_no_entry():
    target = make_target("T1")
    before = AuditEntry.objects.count()
    Target.objects.filter(pk=target.pk).update(modified=timezone.now(), name="T1")
    User.objects.update(last_login=timezone.now())
    Target.objects.filter(name="no such").delete()
    assert AuditEntry.objects.count() == before


def test_many_rows_have_an_entry_each_or_one_together():
    Target.objects.bulk_create([])
    target = make_target("T1")
    TargetExtra.objects.bulk_create(TargetExtra(target=target, key=f"k{n}", value="x") for n in range(30))
    assert len(entries("tom_targets.targetextra", action="added")) == 30
    TargetExtra.objects.bulk_create(TargetExtra(target=target, key=f"m{n}", value="x") for n in range(1200))
    together = latest("tom_targets.targetextra")
    assert (together.n_rows, together.object_id, len(together.after["first_keys"])) == (1200, "", 100)
    TargetExtra.objects.filter(target=target).delete()
    assert sum(entry.n_rows for entry in entries("tom_targets.targetextra", action="removed")) == 1230


def test_entries_stand_on_the_page_of_their_object(grandma):
    target = make_target("T1", group=grandma)
    TargetExtra.objects.create(target=target, key="redshift", value="0.1")
    shown = {entry.model for entry in AuditEntry.objects.about(target)}
    assert {"tom_targets.basetarget", "tom_targets.targetextra", "guardian.groupobjectpermission"} <= shown


def test_secrets_and_words_about_people_stay_out(grandma):
    user = make_user("eleonora.vance", grandma)
    user.first_name, user.email = "Eleonora", "eleonora@example.org"
    user.set_password("Zq7-very-long-secret")
    user.save()
    made = make_token(user, "script")
    User.objects.filter(pk=user.pk).update(email="other@example.org")
    change = latest("auth.user")
    assert change.before == change.after == {"email": "(not kept)"}
    held = str(list(AuditEntry.objects.values_list("name", "before", "after")))
    for word in ("Eleonora", "eleonora", "example.org", user.password, made.token.digest):
        assert word not in held
    assert latest("icare_tom.apitoken").after["digest"] == "(not kept)"


def test_long_values_are_cut():
    TargetExtra.objects.create(target=make_target("T1"), key="long", value="x" * 50_000)
    assert len(latest("tom_targets.targetextra").after["value"]) < 300


def test_who_wrote_and_from_where(administrator, grandma, browse):
    member = make_user("newcomer", grandma)
    membership = Membership.objects.get(user=member, group=grandma)
    client = browse(administrator)
    answer = client.post(
        f"/admin/icare_tom/membership/{membership.pk}/change/",
        {"role": "view", "rights": "", "until_0": "", "until_1": ""},
        REMOTE_ADDR="192.0.2.7",
    )
    assert answer.status_code == 302
    change = latest("icare_tom.membership", action="changed")
    assert (change.actor, change.address, change.token) == (administrator, "192.0.2.7", "")
    assert change.via == "POST admin:icare_tom_membership_change"
    assert (change.before["role"], change.after["role"]) == ("full", "view")


def test_scripts_are_known_by_their_token(administrator, browse, grandma):
    make_target("T1", group=grandma)
    key = Target.objects.get(name="T1").pk
    client = with_token(browse, administrator, has_all_rights=True, is_read_only=False)
    answer = client.patch(f"/api/targets/{key}/", {"ra": 33.0}, content_type="application/json")
    assert answer.status_code == 200, answer.content
    change = latest("tom_targets.basetarget", action="changed")
    assert change.actor == administrator
    assert change.token == administrator.api_tokens.get().public_id
    assert change.address == "127.0.0.1"


def test_programs_are_known_by_name():
    make_target("T1")
    entry = latest("tom_targets.basetarget")
    assert entry.actor is None
    assert entry.address is None
    assert entry.via.startswith(("program ", "command "))


def test_rows_written_past_django_are_seen_too():
    with connection.cursor() as cursor:
        # What came before in this test's transaction has told who it was.
        cursor.cursor.execute("SELECT set_config('icare.origin', '', true)")
        cursor.cursor.execute("INSERT INTO tom_targets_targetlist (name, created, modified) VALUES ('L', now(), now())")
    assert latest("tom_targets.targetlist").via == "database"


def test_whoever_gets_the_connection_next_is_not_taken_for_the_last(administrator, browse):
    browse(administrator).post("/targets/targetgrouping/create/", {"name": "mine"})
    by_page = latest("tom_targets.targetlist")
    TargetList.objects.create(name="by itself")
    assert by_page.actor == administrator
    assert latest("tom_targets.targetlist").actor is None


def test_it_costs_no_query():
    with CaptureQueriesContext(connection) as queries:
        make = [TargetList(name=f"L{n}") for n in range(20)]
        TargetList.objects.bulk_create(make)
    assert len([query for query in queries if "SAVEPOINT" not in query["sql"]]) == 1


def test_entries_are_neither_changed_nor_removed():
    make_target("T1")
    for attempt in (
        lambda: AuditEntry.objects.update(via="nobody"),
        lambda: AuditEntry.objects.update(address=None, actor=None),
        lambda: AuditEntry.objects.all().delete(),
        lambda: AuditEntry.objects.first().delete(),
    ):
        with pytest.raises(DatabaseError, match="only added to"), transaction.atomic():
            attempt()


def test_accounts_go_and_entries_stay(browse, grandma):
    user = make_user("leaver", grandma)
    client = with_token(browse, user, has_all_rights=True, is_read_only=False)
    client.post("/api/targets/", {"name": "T9", "type": "SIDEREAL", "ra": 1, "dec": 2}, content_type="application/json")
    key = user.pk
    user.delete()
    entry = entries("tom_targets.basetarget", action="added")[-1]
    assert entry.actor_id == key
    assert AuditEntry.objects.select_related("actor").get(pk=entry.pk).actor is None


def _entry(days: int) -> AuditEntry:
    return AuditEntry.objects.create(
        at=timezone.now() - timedelta(days=days),
        address="192.0.2.7",
        token="",
        via="x",
        model="tom_targets.basetarget",
        object_id="1",
        about="tom_targets.basetarget:1",
        name="",
        action="added",
        n_rows=1,
    )


def test_what_is_too_old_goes(settings):
    settings.ICARE_AUDIT_DAYS, settings.ICARE_AUDIT_ADDRESS_DAYS = 500, 60
    old, middle, young = _entry(501), _entry(61), _entry(20)
    call_command("prune_audit")
    assert not AuditEntry.objects.filter(pk=old.pk).exists()
    assert AuditEntry.objects.get(pk=middle.pk).address is None
    assert AuditEntry.objects.get(pk=young.pk).address == "192.0.2.7"


def test_the_watchdog_looks_once_a_day(settings):
    settings.ICARE_AUDIT_DAYS = 500
    cache.clear()
    _entry(501)
    assert prune_daily() == 1
    _entry(501)
    assert prune_daily() == 0


def test_triggers_are_put_into_force_once():
    config = apps.get_app_config("icare_tom")
    with CaptureQueriesContext(connection) as queries:
        watch_rows(config, using="default")
    assert not [query for query in queries if "TRIGGER" in query["sql"].split("FROM")[0]]
    with connection.cursor() as cursor:
        cursor.execute('DROP TRIGGER icare_audit_insert ON "tom_targets_targetlist"')
    watch_rows(config, using="default")
    TargetList.objects.create(name="seen again")
    assert latest("tom_targets.targetlist").name == "seen again"


def test_a_role_is_told_with_who_gave_it(administrator, grandma):
    user = make_user("rising", grandma)
    set_membership(user, grandma, "group-admin", by=administrator)
    change = latest("icare_tom.membership", about=f"auth.group:{grandma.pk}")
    assert change.after["role"] == "group-admin"
    assert change.after["given_by_id"] == administrator.pk


def test_uploads_are_entered_once_whatever_their_rows(grandma, member, browse):
    make_target("T1", group=grandma)
    rows = "\n".join(f"T1,6061{n % 10}.{n:05d},18.{n:04d},0.05,r,TAROT-TCA" for n in range(300))
    client = with_token(browse, member, has_all_rights=True, is_read_only=False)
    body = f"target,mjd,mag,magerr,filter,telescope\n{rows}\n"
    before = AuditEntry.objects.count()
    answer = client.post("/api/photometry/", body, content_type="text/csv")
    assert PhotometryUpload.objects.exists(), answer.content
    assert AuditEntry.objects.count() - before <= 5
    assert connections["default"].vendor == "postgresql"
