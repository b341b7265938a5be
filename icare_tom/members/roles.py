"""The one table of roles and rights: what each lets a person do, in words and in Django's permissions.

Roles are held in a group (a person may be a full user of one group and view only in another). Single rights can be
given beside a role. A super admin is a Django superuser and holds all rights everywhere.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db import models


class Role(models.TextChoices):
    """What somebody is in a group."""

    VIEW = "view", "View only"
    FULL = "full", "Full user"
    GROUP_ADMIN = "group-admin", "Group admin"


@dataclass(frozen=True, slots=True)
class Right:
    """One thing a person may do: a key, words for pages, and the permissions that pages and routes ask for."""

    key: str
    label: str
    sentence: str
    permissions: frozenset[str]


def _permissions(app: str, *names: str) -> set[str]:
    return {f"{app}.{name}" for name in names}


def _all_of(app: str, *models_: str) -> set[str]:
    return {f"{app}.{verb}_{model}" for model in models_ for verb in ("add", "change", "delete")}


def _right(key: str, label: str, sentence: str, *permissions: Iterable[str]) -> Right:
    return Right(key, label, sentence, frozenset().union(*permissions))


_GCN, _FACILITIES, _PHOTOMETRY, _TARGETS = "tom_gcn", "tom_grandma_facilities", "tom_photvalidation", "tom_targets"

RIGHTS: Mapping[str, Right] = {
    right.key: right
    for right in (
        _right(
            "comment",
            "Comment and tag",
            "Comment on targets, set tags on events.",
            _permissions(_GCN, "add_handtag", "change_handtag", "delete_handtag"),
            _permissions("django_comments", "add_comment"),
        ),
        _right(
            "create-targets",
            "Create targets",
            "Create targets, and edit those of one's groups.",
            _permissions(_TARGETS, "add_target", "change_target", "add_targetlist", "change_targetlist"),
        ),
        _right(
            "upload-data",
            "Upload data",
            "Upload photometry, spectra, images and executed observations.",
            _permissions(_FACILITIES, "add_executedobservation"),
            _permissions(_PHOTOMETRY, "add_photometrypoint", "change_photometrypoint"),
            _permissions("tom_dataproducts", "add_dataproduct"),
        ),
        _right(
            "request-observations",
            "Request observations",
            "Ask for plans, and ask telescopes for observations.",
            _permissions(_GCN, "request_plan"),
            _permissions(_FACILITIES, "add_followuprequest", "change_followuprequest"),
            _permissions("tom_observations", "add_observationrecord"),
        ),
        _right("join-shifts", "Join shifts", "Take shifts as a follow-up advocate.", ()),
        _right("manage-shifts", "Manage shifts", "Make shifts and put people on them.", ()),
        _right(
            "manage-sources",
            "Manage sources",
            "Edit, merge and delete every target of one's groups.",
            _permissions(_TARGETS, "add_target", "change_target", "delete_target"),
            _permissions(_TARGETS, "add_targetlist", "change_targetlist", "delete_targetlist"),
        ),
        _right(
            "manage-events",
            "Manage events",
            "Announce events by hand, share events and uploads of what was observed with more groups, set the rules for"
            " tags and automatic plans.",
            _permissions(_GCN, "add_event", "change_event", "change_tagrule", "change_planpreset"),
            _permissions(_FACILITIES, "change_observationupload"),
        ),
        _right(
            "review-photometry",
            "Review photometry",
            "Accept and reject points of others.",
            _permissions(_PHOTOMETRY, "review_photometry"),
        ),
        _right(
            "manage-photometry",
            "Manage photometry",
            "Correct, withdraw and share points of others; instrument profiles.",
            _permissions(_PHOTOMETRY, "change_photometrypoint", "change_photometryupload"),
            _all_of(_PHOTOMETRY, "instrumentprofile"),
        ),
        _right(
            "bulk-delete-photometry",
            "Delete bulk photometry",
            "Withdraw whole uploads.",
            _permissions(_PHOTOMETRY, "delete_photometryupload"),
        ),
        _right(
            "submit-to-facility",
            "Submit to facility",
            "Send requests that cost telescope time.",
            _permissions(_FACILITIES, "add_followuprequest", "change_followuprequest"),
        ),
        _right(
            "manage-allocations",
            "Manage allocations",
            "Enter allocations of telescope time and their credentials.",
            _all_of(_FACILITIES, "allocation"),
        ),
        _right(
            "manage-telescopes",
            "Manage telescopes",
            "Open and close telescopes, set how they are asked.",
            _permissions(_FACILITIES, "add_telescopestatus", "change_telescopestatus"),
            _all_of(_FACILITIES, "channel"),
        ),
        _right("send-circulars", "Send circulars", "Send circulars to GCN in the network's name.", ()),
        _right("report-outside", "Report to TNS, Treasure Map, Hermes", "Send reports to services outside.", ()),
        _right(
            "manage-members",
            "Manage members",
            "Admit people to one's groups, set their roles and rights there.",
            _permissions("icare_tom", "add_membership", "change_membership", "delete_membership"),
        ),
        _right(
            "system-admin",
            "System admin",
            "Look after messages that could not be read, workers and tasks.",
            _permissions(_GCN, "view_unreadablemessage", "view_skymapfetch"),
        ),
    )
}

_FULL = ("comment", "create-targets", "upload-data", "request-observations", "join-shifts")
_GROUP_ADMIN = (
    *_FULL,
    "manage-members",
    "manage-sources",
    "manage-shifts",
    "manage-events",
    "review-photometry",
    "manage-photometry",
    "submit-to-facility",
)

ROLES: Mapping[Role, tuple[str, ...]] = {Role.VIEW: (), Role.FULL: _FULL, Role.GROUP_ADMIN: _GROUP_ADMIN}

ROLE_SENTENCES: Mapping[Role, str] = {
    Role.VIEW: "Sees what the group sees, changes nothing.",
    Role.FULL: "Works: comments, targets, uploads, plans and requests.",
    Role.GROUP_ADMIN: "Also manages members, sources, shifts and events, and reviews photometry of the group.",
}


def rights_of_role(role: str, single: Iterable[str] = ()) -> tuple[Right, ...]:
    """Return the rights of a role and the single ones beside it, in the table's order; unknown keys are passed over."""
    held = {*ROLES[Role(role)], *single}
    return tuple(right for key, right in RIGHTS.items() if key in held)


def permissions_of(role: str, single: Iterable[str] = ()) -> frozenset[str]:
    """Return the permissions of a role and of single rights beside it."""
    return frozenset().union(*(right.permissions for right in rights_of_role(role, single)))
