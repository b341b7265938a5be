"""Which rows are watched, and which are not and why. A model in neither table fails the tests.

Passwords, keys, tokens and their hashes never enter an entry; nor do names, e-mail addresses and other words about
people, which must be able to go when an account goes: of both it is written only that they changed.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.apps import apps
from django.db.models import Model

OPERATIONS = ("INSERT", "UPDATE", "DELETE")
# Clocks of the rows themselves: the entry has its own.
CLOCKS = frozenset({"modified", "modified_at", "updated_at", "changed_at"})
# Never kept, whatever the model.
ALWAYS_HIDDEN = frozenset({"password", "secret", "digest", "key", "nonce", "token", "sha256", "token_secret"})


@dataclass(frozen=True, slots=True)
class Watch:
    """How changes of one model are written down.

    `about` is the column that holds the object on whose page they are shown, and that object's model
    ("target_id=tom_targets.basetarget"), or "generic" where the row itself says which; empty: the row itself.
    `named_by` is the column that tells a row from its like; where it leads to a person, the entry holds their number.
    """

    about: str = ""
    named_by: str = ""
    hidden: frozenset[str] = frozenset()
    passing: frozenset[str] = frozenset()
    operations: tuple[str, ...] = OPERATIONS


def _watch(about: str = "", *, name: str = "", hidden: str = "", passing: str = "", only: str = "") -> Watch:
    operations = tuple(only.split()) or OPERATIONS
    return Watch(about, name, ALWAYS_HIDDEN | set(hidden.split()), CLOCKS | set(passing.split()), operations)


_TARGET = "target_id=tom_targets.basetarget"
_USER = "user_id=auth.user"
_EVENT = "event_id=tom_gcn.event"
_PROGRESS = "n_created n_exists n_rejected progress doing starts queued_at finished_at"

WATCHED: dict[str, Watch] = {
    # people
    "auth.user": _watch(hidden="username first_name last_name email", passing="last_login"),
    "auth.user_groups": _watch("group_id=auth.group", name="user_id"),
    "auth.user_user_permissions": _watch(_USER),
    "auth.group": _watch(name="name"),
    "auth.group_permissions": _watch("group_id=auth.group"),
    "account.emailaddress": _watch(_USER, hidden="email"),
    "mfa.authenticator": _watch(_USER, hidden="data", passing="last_used_at"),
    "socialaccount.socialaccount": _watch(_USER, hidden="uid extra_data", passing="last_login extra_data"),
    "socialaccount.socialapp": _watch(name="name", hidden="settings"),
    "tom_common.profile": _watch(_USER, hidden="affiliation phone_number"),
    "icare_tom.membership": _watch("group_id=auth.group", name="user_id"),
    "icare_tom.groupprofile": _watch("group_id=auth.group"),
    "icare_tom.joinrequest": _watch("group_id=auth.group", name="user_id", hidden="note reason"),
    "icare_tom.invitation": _watch("group_id=auth.group", hidden="email note"),
    "icare_tom.admissionrequest": _watch(hidden="email affiliation question answer reason"),
    "icare_tom.admissionrequest_groups_wanted": _watch("admissionrequest_id=icare_tom.admissionrequest"),
    "icare_tom.apitoken": _watch("owner_id=auth.user", name="name", passing="last_used_at last_used_address"),
    "guardian.userobjectpermission": _watch("generic"),
    "guardian.groupobjectpermission": _watch("generic"),
    # targets and what hangs on them
    "tom_targets.basetarget": _watch(name="name"),
    "tom_targets.targetname": _watch(_TARGET, name="name"),
    "tom_targets.targetextra": _watch(_TARGET, name="key"),
    "tom_targets.targetlist": _watch(name="name"),
    "tom_targets.targetlist_targets": _watch("targetlist_id=tom_targets.targetlist"),
    "tom_targets.persistentshare": _watch(),
    "icare_tom.eventtarget": _watch(_EVENT),
    "django_comments.comment": _watch(hidden="user_name user_email user_url ip_address"),
    "django_comments.commentflag": _watch(),
    # observations and data
    "tom_observations.observationrecord": _watch(name="observation_id"),
    "tom_observations.observationgroup": _watch(name="name"),
    "tom_observations.observationgroup_observation_records": _watch(
        "observationgroup_id=tom_observations.observationgroup"
    ),
    "tom_observations.dynamiccadence": _watch(),
    "tom_observations.observationtemplate": _watch(name="name"),
    "tom_observations.facility": _watch(name="short_name"),
    "tom_dataproducts.dataproduct": _watch(name="product_id"),
    "tom_dataproducts.dataproductgroup": _watch(name="name"),
    "tom_dataproducts.dataproduct_group": _watch("dataproduct_id=tom_dataproducts.dataproduct"),
    "tom_dataproducts.reduceddatum": _watch(only="UPDATE DELETE"),
    "tom_dataproducts.spectroscopyreduceddatum": _watch(hidden="wavelength flux error"),
    "tom_dataproducts.astrometryreduceddatum": _watch(only="UPDATE DELETE"),
    "tom_calendar.calendarevent": _watch(name="title"),
    "tom_calendar.eventtodo": _watch("event_id=tom_calendar.calendarevent"),
    # telescopes
    "tom_grandma_facilities.channel": _watch(name="telescope", hidden="secret"),
    "tom_grandma_facilities.allocation": _watch(name="title", hidden="secret"),
    "tom_grandma_facilities.telescopestatus": _watch(name="telescope"),
    "tom_grandma_facilities.nightmark": _watch(name="telescope"),
    "tom_grandma_facilities.answerlink": _watch(
        "request_id=tom_grandma_facilities.followuprequest", name="telescope", passing="used_at"
    ),
    "tom_grandma_facilities.followuprequest": _watch(
        name="telescope",
        passing="attempts queued_at next_attempt_at problem progress status_at reminded_at escalated_at",
    ),
    "tom_grandma_facilities.followuprequest_groups": _watch(
        "followuprequest_id=tom_grandma_facilities.followuprequest"
    ),
    "tom_grandma_facilities.observationupload": _watch(
        name="source", passing=f"{_PROGRESS} n_changed rejected unknown"
    ),
    "tom_grandma_facilities.observationupload_groups": _watch(
        "observationupload_id=tom_grandma_facilities.observationupload"
    ),
    # Entered by uploads, which are watched, and corrected with what was said before kept in the row.
    "tom_grandma_facilities.executedobservation": _watch(name="observation_id", only="DELETE"),
    # events and plans
    "tom_gcn.event": _watch(name="name", passing="keys"),
    "tom_gcn.event_groups": _watch(_EVENT),
    "tom_gcn.handtag": _watch(_EVENT, name="tag"),
    "tom_gcn.refusal": _watch(_EVENT, name="telescope"),
    "tom_gcn.tagrule": _watch(name="name"),
    "tom_gcn.planpreset": _watch(name="name"),
    "tom_gcn.alerttopic": _watch(name="name"),
    "tom_gcn.listenerheartbeat": _watch(
        name="cluster",
        passing="host pid started_at beat_at reached_at heard_at pulse_at alert_at lag stored topics trouble"
        " offload_server",
        only="UPDATE",
    ),
    "tom_gcn.observationplan": _watch(
        _EVENT,
        passing="progress doing starts state started_at finished_at queued_at difference covered_probability area_deg2"
        " n_pointings first_start curve seconds executed_probability covered_galaxy_weight own_sum greedy_probability"
        " bound refinement refinement_note refinement_starts refined_at notes window_start",
    ),
    # What the planner writes is the plan's own; what teams report of it is watched.
    "tom_gcn.plannedpointing": _watch(only="UPDATE", passing="kept new_probability cumulative_probability"),
    # photometry
    "tom_photvalidation.photometryupload": _watch(
        name="source", passing=f"{_PROGRESS} n_rows n_quarantined asked notes"
    ),
    "tom_photvalidation.photometrypoint": _watch(name="telescope", only="DELETE"),
    "tom_photvalidation.reviewcell": _watch(_TARGET, name="filter", hidden="signed_by_name"),
    "tom_photvalidation.targetepoch": _watch(_TARGET, name="source"),
    "tom_photvalidation.instrumentprofile": _watch(name="telescope"),
}

_MACHINE = "read from messages of others or computed from them"
_OWN_LOG = "a log itself, which is only added to"
_PERSONAL = "one person's own convenience"

NOT_WATCHED: dict[str, str] = {
    "icare_tom.auditentry": "the entries themselves",
    "icare_tom.admissionentry": _OWN_LOG,
    "tom_grandma_facilities.requestentry": _OWN_LOG,
    "tom_grandma_facilities.facilitytransaction": _OWN_LOG,
    "tom_photvalidation.photometryreview": _OWN_LOG,
    "admin.logentry": _OWN_LOG,
    "tom_common.termsofserviceacceptance": _OWN_LOG,
    "tom_grandma_facilities.uploadedfile": "the body of an upload, which is watched",
    "tom_photvalidation.photometryfile": "the body of an upload, which is watched",
    "tom_photvalidation.audience": "a set of groups under its own hash; rows that change theirs are watched",
    "tom_photvalidation.audience_groups": "a set of groups under its own hash; rows that change theirs are watched",
    "tom_dataproducts.photometryreduceddatum": "a copy of points of photometry, which keep their versions and reviews",
    "tom_photvalidation.pointfinding": "computed from the points; kept with when it was found and ended",
    "tom_photvalidation.columnmapping": _PERSONAL,
    "tom_gcn.savedsearch": _PERSONAL,
    "tom_dataservices.dataservicequery": _PERSONAL,
    "icare_tom.preferences": _PERSONAL,
    "icare_tom.preferences_share_groups": _PERSONAL,
    "icare_tom.targetskyindex": "computed from the targets",
    "icare_tom.targetposition": _MACHINE,
    "icare_tom.institution": "read from the federation's metadata",
    "icare_tom.personsession": "who is signed in; ends by itself",
    "icare_tom.workerheartbeat": "the pulse of the workers",
    "icare_tom.taskclaim": "the pulse of the workers",
    "account.emailconfirmation": "keys of mails, which end by themselves",
    "authtoken.token": "retired: tokens of the site are icare_tom.apitoken",
    "authtoken.tokenproxy": "retired: tokens of the site are icare_tom.apitoken",
    "socialaccount.socialtoken": "keys of other services; none are stored",
    "socialaccount.socialapp_sites": "one site only",
    "auth.permission": "written by migrations",
} | dict.fromkeys(
    (
        "tom_gcn.eventalias", "tom_gcn.message", "tom_gcn.unreadablemessage", "tom_gcn.circular",
        "tom_gcn.circular_events", "tom_gcn.hermesmessage", "tom_gcn.hermesmessage_events", "tom_gcn.notice",
        "tom_gcn.storedskymap", "tom_gcn.localization", "tom_gcn.coincidence", "tom_gcn.skymapfetch",
        "tom_gcn.galaxycatalogue", "tom_gcn.galaxy", "tom_gcn.eventsummary", "tom_gcn.plandecision",
        "tom_gcn.telescopeplan",
    ),
    _MACHINE,
)  # fmt: skip

# Whole apps that keep the site running.
NOT_WATCHED_APPS: dict[str, str] = {
    "contenttypes": "written by migrations",
    "sessions": "who is signed in; ends by itself",
    "sites": "the site's own name",
    "django_q": "tasks and their results",
    "django_tasks_database": "tasks and their results",
    "usersessions": "who is signed in; ends by itself",
}


def watched_models() -> Iterator[tuple[type[Model], Watch]]:
    """Return the watched models of the apps that are installed."""
    for label, watch in WATCHED.items():
        app, name = label.split(".")
        if app in apps.app_configs:
            yield apps.get_model(app, name), watch
