"""Every route of the site with arguments that lead to planted rows. A route with an argument unknown here fails."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RegexPattern

from tests.factories import SECRET, World

# Longest prefix first match: route prefix -> {argument: value}. Values starting with "@" are primary keys of the world.
ARGUMENTS: list[tuple[str, dict[str, str]]] = [
    ("accounts/", {"provider_id": "iam", "organization_slug": "nowhere", "pk": "1"}),
    ("accounts/confirm-email/", {"key": "abc"}),
    ("accounts/oidc/", {"provider_id": "iam"}),
    ("accounts/saml/", {"organization_slug": "edugain"}),
    ("accounts/password/reset/key/", {"uidb36": "1", "key": "abc"}),
    ("admin/auth/user/", {"id": "@auth.user", "object_id": "@auth.user"}),
    ("admin/password_change", {}),
    ("admin/r/", {"content_type_id": "1", "object_id": "1"}),
    ("admin/jsi18n", {}),
    ("admin/", {"object_id": "1", "app_label": "tom_targets", "url": "nowhere"}),
    ("api/circulars/", {"circular_id": "@circular"}),
    ("api/targets/", {"pk": "@tom_targets.basetarget"}),
    ("api/targetextra/", {"pk": "@tom_targets.targetextra"}),
    ("api/targetname/", {"pk": "@tom_targets.targetname"}),
    ("api/targetlist/", {"pk": "@tom_targets.targetlist"}),
    ("api/observations/", {"pk": "@tom_observations.observationrecord"}),
    ("api/dataproducts/", {"pk": "@tom_dataproducts.dataproduct"}),
    ("api/reduceddatums/", {"pk": "@tom_dataproducts.photometryreduceddatum"}),
    ("api/groups/", {"pk": "@auth.group"}),
    ("api/events/", {"name": "@event", "pk": "@tom_gcn.event"}),
    ("api/localizations/", {"pk": "@tom_gcn.localization"}),
    ("api/messages/", {"pk": "@tom_gcn.message"}),
    ("api/plans/", {"pk": "@tom_gcn.observationplan"}),
    ("api/refusals/", {"pk": "@tom_gcn.refusal"}),
    ("api/telescopes/", {"name": "CFHT", "pk": "CFHT"}),
    ("api/requests/", {"pk": "@tom_grandma_facilities.followuprequest"}),
    ("api/coincidences/", {"pk": "@tom_gcn.coincidence"}),
    ("api/target-events/", {"pk": "@tom_targets.basetarget"}),
    ("api/executed-observations/", {"pk": "@tom_grandma_facilities.executedobservation"}),
    ("api/observation-uploads/", {"pk": "@tom_grandma_facilities.observationupload"}),
    ("api/photometry-uploads/", {"uuid": "@photometry_upload"}),
    ("api/target-epochs/", {"pk": "@tom_targets.basetarget"}),
    ("api/photometry/", {"pk": "@tom_photvalidation.photometrypoint"}),
    ("executed/uploads/", {"pk": "@tom_grandma_facilities.observationupload"}),
    ("executed/", {"pk": "@tom_grandma_facilities.executedobservation"}),
    ("sharing/", {"kind": "events", "pk": "@tom_gcn.event"}),
    ("changes/", {"kind": "targets", "pk": "@tom_targets.basetarget"}),
    ("calendar/update/", {"event_id": "@tom_calendar.calendarevent"}),
    ("calendar/delete/", {"event_id": "@tom_calendar.calendarevent"}),
    ("calendar/todo/create/", {"event_id": "@tom_calendar.calendarevent"}),
    ("calendar/todo/update/", {"todo_id": "@tom_calendar.eventtodo"}),
    ("calendar/", {"rest": "update/1/"}),
    ("comment/", {"pk": "@django_comments.comment"}),
    (
        "comments/cr/",
        {
            "content_type": "@content_type",
            "key": "@tom_targets.basetarget",
            "0": "@content_type",
            "1": "@tom_targets.basetarget",
        },
    ),
    ("comments/", {"comment_id": "@django_comments.comment"}),
    ("data/", {"name": "@file", "path": "@file"}),
    ("dataproducts/data/group/", {"pk": "@tom_dataproducts.dataproductgroup"}),
    ("dataproducts/data/single_target_data_service/", {"service": "PanSTARRS"}),
    ("dataproducts/data/", {"pk": "@tom_dataproducts.dataproduct", "dp_pk": "@tom_dataproducts.dataproduct"}),
    ("dataproducts/target/", {"tg_pk": "@tom_targets.basetarget"}),
    ("dataproducts/", {"pk": "@tom_observations.observationrecord"}),
    ("events/", {"name": "@event", "version": "1", "form": "csv", "telescope": "CFHT", "pk": "@tom_gcn.notice"}),
    ("events/-/searches/", {"pk": "@tom_gcn.savedsearch"}),
    ("events/<str:name>/circulars/", {"name": "@event", "number": "@circular"}),
    ("events/<str:name>/messages/", {"name": "@event", "number": "@tom_gcn.hermesmessage"}),
    ("events/<str:name>/localizations/", {"name": "@event", "pk": "@tom_gcn.localization"}),
    ("events/<str:name>/refusals/", {"name": "@event", "pk": "@tom_gcn.refusal"}),
    ("events/<str:name>/coincidences/", {"name": "@event", "pk": "@tom_gcn.coincidence"}),
    ("groups/", {"pk": "@auth.group"}),
    ("members/admissions/", {"pk": "@icare_tom.admissionrequest"}),
    ("members/groups/", {"pk": "@auth.group"}),
    # Keys that somebody made up: whoever has a good one may see what it is for.
    ("members/", {"key": "guessed", "pk": "@icare_tom.apitoken"}),
    ("observability/night/marks/", {"pk": "@tom_grandma_facilities.nightmark"}),
    ("observations/template/", {"pk": "@tom_observations.observationtemplate", "facility": "CFHT"}),
    ("observations/groups/", {"pk": "@tom_observations.observationgroup"}),
    ("observations/", {"pk": "@tom_observations.observationrecord", "facility": "CFHT"}),
    (
        "requests/",
        {
            "pk": "@tom_grandma_facilities.followuprequest",
            "link": "@tom_grandma_facilities.answerlink",
            "target_pk": "@tom_targets.basetarget",
            "name": "CFHT",
            # One that somebody made up: whoever has a good one may see its request.
            "token": "guessed",
        },
    ),
    ("photometry/targets/", {"pk": "@tom_targets.basetarget", "form": "csv"}),
    ("photometry/points/", {"pk": "@tom_photvalidation.photometrypoint"}),
    ("photometry/telescopes/", {"name": "CFHT"}),
    ("photometry/uploads/", {"uuid": "@photometry_upload"}),
    ("targets/merge/", {"pk1": "@tom_targets.basetarget", "pk2": "@other_target"}),
    ("targets/name/", {"name": SECRET[:4]}),
    ("targets/targetgrouping/", {"pk": "@tom_targets.targetlist"}),
    ("targets/persistentshare/", {"pk": "@tom_targets.persistentshare"}),
    ("targets/", {"pk": "@tom_targets.basetarget", "target_pk": "@tom_targets.basetarget"}),
    ("telescopes/", {"name": "CFHT"}),
    ("telescopes/allocations/", {"pk": "@tom_grandma_facilities.allocation"}),
    ("tom_dataservices/", {"pk": "@tom_dataservices.dataservicequery"}),
    ("users/", {"pk": "@auth.user"}),
]


class Audience(Enum):
    """Who may reach a part of the site, and what others are answered."""

    OPEN = "everybody, with or without an account"
    SIGNED_IN = "whoever has an open account; pages show what they may see"
    ROWS = "those who may see the row; to others it seems not to exist"
    STAFF = "administrators"
    CLOSED = "nobody"


# The first part of a route's path -> who may reach it. A route whose first part is missing here fails.
AUDIENCES: dict[str, Audience] = {
    "": Audience.SIGNED_IN,
    "accounts": Audience.OPEN,
    "admin": Audience.STAFF,
    "api": Audience.ROWS,
    "api-auth": Audience.OPEN,
    "calendar": Audience.CLOSED,
    "changes": Audience.ROWS,
    "comment": Audience.ROWS,
    "comments": Audience.SIGNED_IN,
    "data": Audience.ROWS,
    "dataproducts": Audience.ROWS,
    "events": Audience.ROWS,
    "executed": Audience.ROWS,
    "groups": Audience.ROWS,
    "healthz": Audience.OPEN,
    "members": Audience.ROWS,
    "observability": Audience.ROWS,
    "observations": Audience.ROWS,
    "photometry": Audience.ROWS,
    "requests": Audience.ROWS,
    "robots.txt": Audience.OPEN,
    "search": Audience.SIGNED_IN,
    "sharing": Audience.ROWS,
    "targets": Audience.ROWS,
    "telescopes": Audience.SIGNED_IN,
    "terms": Audience.OPEN,
    "tom_dataservices": Audience.ROWS,
    "users": Audience.ROWS,
}
# Single routes and parts below that are for others than the rest: prefix -> who may reach them.
EXCEPTIONS: dict[str, Audience] = {
    "admin/logout/": Audience.OPEN,
    # One answer for all, whether there is such a message or not: it takes a right to read any.
    "api/messages/": Audience.SIGNED_IN,
    "api/telescopes/": Audience.SIGNED_IN,
    "members/answer/": Audience.OPEN,
    "members/confirm/": Audience.OPEN,
    "members/invitation/": Audience.OPEN,
    "observations/<str:facility>/": Audience.SIGNED_IN,
    "observations/template/<str:facility>/": Audience.SIGNED_IN,
    "photometry/telescopes/": Audience.SIGNED_IN,
    "requests/a/": Audience.OPEN,
    "requests/d/": Audience.OPEN,
    "requests/u/": Audience.OPEN,
    "targets/name/": Audience.SIGNED_IN,
    "telescopes/allocations/<int:pk>/": Audience.ROWS,
}


def audience_of(route: "Route") -> Audience:
    """Who may reach a route.

    Raises
    ------
    LookupError
        When the part of the site it is in has no rule.
    """
    if route.view == CLOSED_VIEW:
        return Audience.CLOSED
    if (first := route.text.split("/")[0]) not in AUDIENCES:
        raise LookupError(f"say in tests/walk.py who may reach {route.text}")
    found = AUDIENCES[first]
    for prefix in sorted(EXCEPTIONS, key=len):
        if route.text.startswith(prefix):
            found = EXCEPTIONS[prefix]
    # Without an argument there is no single row: a list shows what one may see.
    return Audience.SIGNED_IN if found is Audience.ROWS and not route.arguments else found


CLOSED_VIEW = "icare_tom.guards.mixins.closed"
_ARGUMENT = re.compile(r"<(?:[^:>]+:)?(\w+)>")
_NAMED_GROUP = re.compile(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)")
_BARE_GROUP = re.compile(r"\((?!\?)[^()]*\)")


@dataclass(frozen=True)
class Route:
    """One pattern of the resolver: its text with `<argument>` placeholders, and where it leads."""

    text: str
    name: str | None
    view: str

    @property
    def arguments(self) -> list[str]:
        return _ARGUMENT.findall(self.text)


def routes() -> list[Route]:
    """Every pattern of the site, in the order of resolution."""
    return list(_collect(get_resolver().url_patterns, "", ""))


def _collect(patterns: list[URLPattern | URLResolver], prefix: str, namespace: str) -> Iterator[Route]:
    for pattern in patterns:
        text = prefix + _text(pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _collect(pattern.url_patterns, text, inner)
        else:
            view = getattr(pattern.callback, "view_class", None) or getattr(pattern.callback, "cls", pattern.callback)
            name = f"{namespace}{pattern.name}" if pattern.name else None
            yield Route(text, name, f"{view.__module__}.{view.__qualname__}")


def _text(pattern: URLPattern | URLResolver) -> str:
    text = str(pattern.pattern)
    if not isinstance(pattern.pattern, RegexPattern):
        return text
    text = _NAMED_GROUP.sub(r"<\1>", text.removeprefix("^").removesuffix(r"\Z").removesuffix("$"))
    for number in range(text.count("(")):
        text = _BARE_GROUP.sub(f"<{number}>", text, count=1)
    return text.removesuffix("/?").replace("\\", "").removesuffix("$")


def values_for(route: Route, world: World) -> dict[str, str]:
    """Arguments of a route that lead to the planted rows.

    Raises
    ------
    LookupError
        When an argument is not in the table above.
    """
    known: dict[str, str] = {"format": "json"}
    for prefix, values in sorted(ARGUMENTS, key=lambda entry: len(entry[0])):
        if route.text.startswith(prefix):
            known = {"format": "json", **values}
    missing = [name for name in route.arguments if name not in known]
    if missing:
        raise LookupError(f"teach the walk (tests/walk.py) {', '.join(missing)} of {route.text}")
    return {name: _value(known[name], world) for name in route.arguments}


def _value(value: str, world: World) -> str:
    special = {
        "@event": lambda: world.by_model["tom_gcn.event"].name,
        "@circular": lambda: world.by_model["tom_gcn.circular"].circular_id,
        "@other_target": lambda: world.other_target.pk,
        "@photometry_upload": lambda: world.by_model["tom_photvalidation.photometryupload"].uuid,
        "@file": lambda: world.by_model["tom_dataproducts.dataproduct"].data.name,
        "@content_type": lambda: world.by_model["django_comments.comment"].content_type_id,
    }
    if value in special:
        return str(special[value]())
    return str(world.pk(value[1:])) if value.startswith("@") else value


def path_of(route: Route, world: World) -> str:
    """A path of the route with planted arguments."""
    values = values_for(route, world)
    return "/" + _ARGUMENT.sub(lambda found: values[found.group(1)], route.text)


def plausible(world: World) -> dict[str, str]:
    """Fields that TOM's and our views take, all naming private rows."""
    pk = world.pk
    target = str(world.target.pk)
    return {
        "target": target,
        "target_id": target,
        "object_pk": target,
        "content_type": "tom_targets.basetarget",
        "selected-target": target,
        "share-box": str(pk("tom_dataproducts.photometryreduceddatum")),
        "products": str(pk("tom_dataproducts.dataproduct")),
        "data_product": str(pk("tom_dataproducts.dataproduct")),
        "observation_record": str(pk("tom_observations.observationrecord")),
        "selected": str(pk("tom_observations.observationrecord")),
        "observationgroup": str(pk("tom_observations.observationgroup")),
        "group": str(pk("tom_dataproducts.dataproductgroup")),
        "groups": str(world.group.pk),
        "grouping": str(pk("tom_targets.targetlist")),
        "target_list": str(pk("tom_targets.targetlist")),
        "targetlist__name": str(pk("tom_targets.targetlist")),
        "c": str(pk("django_comments.comment")),
        "query_id": str(pk("tom_dataservices.dataservicequery")),
        "pk": target,
        "action": "add",
        "add": "1",
        "move": "1",
        "isSelectAll": "True",
        "confirm": "1",
        "update_status": "True",
        "name_select": target,
        "data_service": "Simbad",
        "facility": "CFHT",
        "observation_type": "OBSERVATION",
        "observation_id": "7",
        "share_destination": "download",
        "data_product_type": "photometry",
        "data_type": "photometry",
        "timestamp": "2024-11-02T12:00:00Z",
        "referrer": "//elsewhere.example/",
        "next": "//elsewhere.example/",
        "username": "stranger",
        "name": "changed",
        "title": "changed",
        "comment": "changed",
        "description": "changed",
        "reason": "changed",
        "state": "closed",
        "type": "SIDEREAL",
        "ra": "1",
        "dec": "2",
        "permissions": "OPEN",
        "status": "CANCELED",
        "value": "{}",
        "q": "tar",
        "query": "",
        "target_cone_search": "target, 1",
        "since": "1",
        "show": "circulars",
        "where": "FAR < 1/yr",
        "tag": "significant",
        "with": "partner",
        "telescope": "CFHT",
        "one": str(world.pk("tom_gcn.localization")),
        "other": str(world.pk("tom_gcn.localization")),
    }


def special(route: Route, world: World) -> list[dict[str, Any]]:
    """What a route takes beside the plausible fields, once for each thing that can be done there."""
    point = world.pk("tom_photvalidation.photometrypoint")
    person, group = str(world.owner.pk), str(world.group.pk)
    member = {"person": person, "role": "view", "email": "guest@example.org", "group": group}
    known: dict[str, list[dict[str, Any]]] = {
        "members/groups/<int:pk>/": [
            member
            | {
                "do": do,
                "invitation": str(world.pk("icare_tom.invitation")),
                "wish": str(world.pk("icare_tom.joinrequest")),
                "accept": "1",
                "is_public": "on",
            }
            for do in ("join", "role", "end", "invite", "revoke", "decide", "describe")
        ],
        "members/admissions/<int:pk>/": [member | {"do": do, "text": "Why?"} for do in ("ask", "refuse", "approve")],
        "sharing/<str:kind>/<int:pk>/": [{"do": do, "group": group} for do in ("let-in", "shut-out")],
        "photometry/review/decide/": [
            {"points": [point], "to": to, "reason": "other", "note": "changed"} for to in ("accepted", "rejected")
        ],
        "photometry/targets/<int:pk>/t0/": [{"t0": "2024-01-01 00:00:00", "source": "changed"}, {"release": "1"}],
        "photometry/targets/<int:pk>/sign/": [
            {"is_consistent": "yes", "keep": "yes", "extinction": "none", "filter": "ps1::r", "comment": "changed"}
        ],
        "requests/<int:pk>/answer/": [{"state": "declined", "reason": "weather"}, {"state": "done"}],
        "requests/<int:pk>/priority/": [{"priority": "1"}],
        "requests/<int:pk>/links/": [{"purpose": "answer"}, {"purpose": "upload"}],
        "requests/<int:pk>/settle/": [{"was_sent": "yes"}],
        "api/requests/<pk>/answer/": [{"state": "done"}],
        "observability/night/marks/": [
            {"telescope": "CFHT", "night": "2024-11-02", "target": str(world.target.pk), "is_observed": "1"}
        ],
        "events/<str:name>/plans/<int:version>/<str:telescope>/report/": [{"state": "observed", "orders": "1"}],
        "events/<str:name>/plans/<int:version>/<str:telescope>/refuse/": [{"reason_code": "weather"}],
        "events/<str:name>/plans/<int:version>/ask/": [{"telescopes": "CFHT", "priority": "3"}],
        "telescopes/<telescope:name>/status/": [{"state": "closed", "reason": "changed"}],
    }
    return known.get(route.text, [])
