"""What permissions cost: pages of one member of 300, in 200 groups, with 500,000 targets.

    python bench/members.py [--targets 500000] [--people 300] [--groups 200] [--runs 9]

Works in a test database of its own. Every group sees its part of the targets. For each page: median and worst time of
answers, CPU time of the process and of the database server for one (which do not depend on what else the machine does),
and queries, for a member of twenty groups, for one whose group sees every target, for one who sees the thousand oldest
only, for one who sees none, and for a super admin, whose queries are not narrowed by permission. The same with a tenth
of the rows first, so that a growing number of queries shows. Then the queries themselves beside those without
permissions, and what writing takes. One line per figure; see bench/README.md.
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
FIRST = 1_000
WITHOUT = "without permissions"
OLDEST = FIRST + 1_000
PAGES = (
    ("target list", "/targets/"),
    ("target list, page 500", "/targets/?page=500"),
    ("target list by name", "/targets/?sort=name"),
    ("target list by right ascension", "/targets/?sort=-ra"),
    ("target list, one type", "/targets/?type=SIDEREAL"),
    ("target list, cone of 1 deg", "/targets/?cone_search=120,20,1"),
    ("target search by name", "/targets/?name=AT0000123"),
    ("target search, thousands found", "/targets/?name=AT000"),
    ("search", "/search/?q=AT0000123"),
    ("search, thousands found", "/search/?q=AT000"),
    ("API target list", "/api/targets/"),
    ("API target list by name", "/api/targets/?name=AT0000123"),
    ("one target", "/targets/1500/"),
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


def plant_one_of(name: str):
    """A person in a group of their own; returns the person and the group's key."""
    from django.contrib.auth.models import Group, User

    from icare_tom.members.models import Membership

    user, group = User.objects.create(username=name), Group.objects.create(name=name)
    Membership.objects.create(user=user, group=group, role="full")
    return User.objects.get(pk=user.pk), group.pk


def plant_targets(first: int, last: int, groups: list[int], whole: int, old: int) -> None:
    """Private targets, each seen by one of the groups and by the one that sees all, by COPY; a thousand by `old`."""
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
        (
            f"{n}\t{kind}\t{group}\t{see}\n"
            for n in range(first, last)
            for group in (groups[n % len(groups)], whole, *([old] if n < OLDEST else []))
        ),
    )
    with connection.cursor() as cursor:
        # What autovacuum does after so many new rows.
        cursor.execute("VACUUM ANALYZE")


def worked_by(pid: str) -> float:
    """Milliseconds a process of this machine has computed for; nan where the system does not tell."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e6
    except OSError:
        return float("nan")


def computing(ask, runs: int) -> tuple[float, float]:
    """What one answer takes of this process and of the database server, without waiting, with all in one process."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET max_parallel_workers_per_gather = 0")
        cursor.execute("SELECT pg_backend_pid()")
        server = str(cursor.fetchone()[0])
        before = worked_by("self"), worked_by(server)
        for _ in range(runs):
            ask()
        after = worked_by("self"), worked_by(server)
        cursor.execute("RESET max_parallel_workers_per_gather")
    return (after[0] - before[0]) / runs, (after[1] - before[1]) / runs


def measure(who: str, user, path: str, name: str, runs: int) -> None:
    """Ask a page some times; print its times and queries."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client = Client(raise_request_exception=False)
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    status = client.get(path).status_code
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        client.get(path)
        times.append(1000 * (time.perf_counter() - start))
    with CaptureQueriesContext(connection) as asked:
        client.get(path)
    # Counted now: the next request begins to count anew.
    queries = len(asked)
    # Whoever sees nothing finds no further pages either.
    if status not in (200, 404):
        print(f"{name}, {who}: answered {status}", flush=True)
    figures = statistics.median(times), max(times), *computing(lambda: client.get(path), runs)
    print(f"{name + ', ' + who:<58}" + "".join(f"{ms:>9.1f}" for ms in figures) + f"{queries:>9}", flush=True)


def median_of(work, runs: int) -> float:
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times)


def bare_queries(who: str, user, runs: int) -> None:
    """The first page of visible targets and their number."""
    from tom_targets.models import Target

    from icare_tom.guards.access import visible_targets

    rows = Target.objects.all() if who == WITHOUT else visible_targets(user)
    page = rows.order_by("-created", "-pk")[:25]
    figure(f"query of the first page, {who}", median_of(lambda: list(page.all()), runs), "ms")
    figure(f"query of the number, to 10,000, {who}", median_of(rows.order_by()[:10_001].count, runs), "ms")
    figure(f"query of the number, {who}", median_of(rows.count, runs), "ms")


def writing() -> None:
    """What it takes to show ten thousand targets to one more group, with the triggers of grants and without."""
    from django.contrib.auth.models import Group
    from django.db import connection, transaction
    from guardian.shortcuts import assign_perm
    from tom_targets.models import Target

    from icare_tom.guards.grants import grants_out_of_step

    targets = Target.objects.filter(pk__lt=FIRST + 10_000)
    for name, switch in (("with", "ENABLE"), ("without", "DISABLE")):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE guardian_groupobjectpermission {switch} TRIGGER icare_grants_insert")
            start = time.perf_counter()
            assign_perm("tom_targets.view_target", Group.objects.create(name="new"), targets)
            figure(f"10,000 targets shown to a group, {name} grants kept", 1000 * (time.perf_counter() - start), "ms")
            transaction.set_rollback(True)
    figure("grants that differ from guardian's", grants_out_of_step(), "")


def run(options: argparse.Namespace) -> None:
    from django.contrib.auth.models import User

    member, groups = plant_people(options.people, options.groups)
    (whole, sees_all), (late, sees_old) = plant_one_of("whole"), plant_one_of("late")
    newcomer, _ = plant_one_of("newcomer")
    chief = User.objects.create_superuser("chief", "chief@example.org", "violet-quasar-17")
    actors = (
        ("of 20 groups", member),
        ("whose group sees all", whole),
        ("who sees the oldest", late),
        ("who sees none", newcomer),
        (WITHOUT, chief),
    )
    begin = FIRST
    for last in (begin + options.targets // 10, begin + options.targets):
        plant_targets(begin, last, groups, sees_all, sees_old)
        begin = last
        load = os.getloadavg()[0]
        print(f"-- {last - FIRST:,} targets, {options.people} people, {options.groups} groups; load {load:.1f}")
        print(f"{'milliseconds of ' + str(options.runs):<58}   median    worst      CPU   server  queries", flush=True)
        for name, path in PAGES:
            for who, user in actors:
                group = user.groups.first()
                measure(who, user, path.format(group=group.pk if group else sees_all), name, options.runs)
        for who, user in actors:
            bare_queries(who, user, options.runs)
    writing()


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
