"""What permissions cost: pages of one member of 300, in 200 groups, with 500,000 targets.

    python bench/members.py [--targets 500000] [--people 300] [--groups 200] [--runs 9]

Works in a test database of its own. Every group sees its part of the targets; the member is in twenty groups. For each
page: median and worst time of answers, and queries, for the member and for a super admin, whose queries are not
narrowed by permission. The same with a tenth of the rows first, so that a growing number of queries shows. One line
per figure; see bench/README.md.
"""

import argparse
import io
import os
import statistics
import sys
import time
from pathlib import Path

import django

ROOT = Path(__file__).resolve().parents[1]
OF_ONE = 20
PAGES = (
    ("target list", "/targets/"),
    ("target list, last page", "/targets/?page=last"),
    ("target search by name", "/targets/?name=AT0000123"),
    ("search", "/search/?q=AT0000123"),
    ("API target list", "/api/targets/"),
    ("groups", "/members/groups/"),
    ("one group", "/members/groups/{group}/"),
    ("profile", "/members/profile/"),
)


def figure(name: str, value: float, unit: str) -> None:
    print(f"{name:<58}{value:>14.3f} {unit}", flush=True)


def copy_in(table: str, columns: str, rows) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.copy_expert(f"COPY {table} ({columns}) FROM STDIN", io.StringIO("".join(rows)))


def plant_people(people: int, groups: int):
    """People, each in some groups, the first in twenty; returns the first and the keys of the groups."""
    from django.contrib.auth.models import Group, User

    from icare_tom.members.models import Membership

    keys = [Group.objects.create(name=f"Group {number:03d}").pk for number in range(groups)]
    users = User.objects.bulk_create(
        [User(username=f"member{number:04d}", email=f"member{number:04d}@example.org") for number in range(people)]
    )
    for number, user in enumerate(users):
        own = {keys[(number * 7 + step * 10) % groups] for step in range(OF_ONE if number == 0 else 3)}
        Membership.objects.bulk_create([Membership(user=user, group_id=key, role="full") for key in own])
        user.groups.add(*own)
    return User.objects.get(pk=users[0].pk), keys


def plant_targets(first: int, last: int, groups: list[int]) -> None:
    """Private targets, each seen by one group, by COPY."""
    from django.contrib.auth.models import Permission
    from django.contrib.contenttypes.models import ContentType
    from django.db import connection
    from tom_targets.models import Target

    kind = ContentType.objects.get_for_model(Target).pk
    see = Permission.objects.get(codename="view_target", content_type=kind).pk
    now = "2026-01-01 00:00:00+00"
    copy_in(
        "tom_targets_basetarget",
        "id, name, type, created, modified, permissions, ra, dec, scheme, shared_by, shared_from",
        (
            f"{n}\tAT{n:07d}\tSIDEREAL\t{now}\t{now}\tPRIVATE\t"
            f"{n * 137.508 % 360:.6f}\t{n * 0.7 % 170 - 85:.6f}\t\t\t\n"
            for n in range(first, last)
        ),
    )
    copy_in(
        "guardian_groupobjectpermission",
        "object_pk, content_type_id, group_id, permission_id",
        (f"{n}\t{kind}\t{groups[n % len(groups)]}\t{see}\n" for n in range(first, last)),
    )
    with connection.cursor() as cursor:
        # What autovacuum does after so many new rows.
        cursor.execute("VACUUM ANALYZE")


def measure(who: str, user, path: str, name: str, runs: int) -> None:
    """Ask a page some times; print its times and queries."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client = Client(raise_request_exception=False)
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    client.get(path)
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        status = client.get(path).status_code
        times.append(1000 * (time.perf_counter() - start))
    with CaptureQueriesContext(connection) as asked:
        client.get(path)
    if status != 200:
        print(f"{name}, {who}: answered {status}", flush=True)
    figure(f"{name}, {who}: median of {runs}", statistics.median(times), "ms")
    figure(f"{name}, {who}: worst", max(times), "ms")
    figure(f"{name}, {who}: queries", len(asked), "")


def bare_queries(user, runs: int) -> None:
    """The first page of visible targets beside the same query without permissions."""
    from tom_targets.models import Target

    from icare_tom.guards.access import visible_targets

    for name, rows in (
        ("first page of visible targets", visible_targets(user)),
        ("the same without permissions", Target.objects.all()),
        ("count of visible targets", None),
        ("the same count without permissions", None),
    ):
        times = []
        for _ in range(runs):
            start = time.perf_counter()
            if rows is not None:
                list(rows.order_by("-created", "-pk")[:25])
            elif name.startswith("count"):
                visible_targets(user).count()
            else:
                Target.objects.count()
            times.append(1000 * (time.perf_counter() - start))
        figure(f"{name}: median of {runs}", statistics.median(times), "ms")


def run(options: argparse.Namespace) -> None:
    from django.contrib.auth.models import User

    member, groups = plant_people(options.people, options.groups)
    chief = User.objects.create_superuser("chief", "chief@example.org", "violet-quasar-17")
    group = member.groups.first().pk
    begin = 1_000
    for last in (begin + options.targets // 10, begin + options.targets):
        plant_targets(begin, last, groups)
        begin = last
        print(f"-- {last - 1000:,} targets, {options.people} people, {options.groups} groups", flush=True)
        for name, path in PAGES:
            for who, user in (("a member", member), ("without permissions", chief)):
                measure(who, user, path.format(group=group), name, options.runs)
        bare_queries(member, options.runs)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--targets", type=int, default=500_000)
    parser.add_argument("--people", type=int, default=300)
    parser.add_argument("--groups", type=int, default=200)
    parser.add_argument("--runs", type=int, default=9)
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "icare_tom.settings.test")
    sys.path.insert(0, str(ROOT))
    django.setup()
    from django.db import connection
    from django.test.utils import setup_test_environment, teardown_test_environment

    setup_test_environment()
    old = connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        run(options)
    finally:
        connection.creation.destroy_test_db(old, verbosity=0)
        teardown_test_environment()
    return 0


if __name__ == "__main__":
    sys.exit(main())
