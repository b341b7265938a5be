"""Rows for tests: people, groups, targets and what hangs on them, events and plans."""

import gzip
import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.contrib.sites.models import Site
from django.core.files.base import ContentFile
from django.db.models import CharField, Model, TextField
from django.utils import timezone
from django_comments.models import Comment
from guardian.shortcuts import assign_perm
from tom_calendar.models import CalendarEvent, EventTodo
from tom_dataproducts.models import (
    AstrometryReducedDatum,
    DataProduct,
    DataProductGroup,
    PhotometryReducedDatum,
    ReducedDatum,
    SpectroscopyReducedDatum,
)
from tom_dataservices.models import DataServiceQuery
from tom_observations.models import DynamicCadence, ObservationGroup, ObservationRecord, ObservationTemplate
from tom_targets.models import PersistentShare, Target, TargetExtra, TargetList, TargetName

from icare_tom.audit.models import AuditEntry
from icare_tom.members.models import Membership
from tests.planted_members import KEPT, plant_members

_numbers = itertools.count(1)
ALERTS = Path(__file__).parent / "data" / "alerts" / "lvk_json"
SECRET = "Zq7Planted"
SEEN = datetime(2024, 11, 2, 12, 0, tzinfo=UTC)


def make_group(name: str = settings.ICARE_DEFAULT_GROUP) -> Group:
    return Group.objects.get_or_create(name=name)[0]


def make_user(name: str = "", *groups: Group, superuser: bool = False, active: bool = True, role: str = "full") -> User:
    name = name or f"user{next(_numbers)}"
    user = User.objects.create_user(name, f"{name}@example.org", "correct-horse", is_active=active)
    user.groups.set(groups)
    Membership.objects.filter(user=user).update(role=role)
    if superuser:
        User.objects.filter(pk=user.pk).update(is_superuser=True, is_staff=True)
    # A fresh instance: permission caches of the one above are stale.
    return User.objects.get(pk=user.pk)


def make_target(name: str = "", *, group: Group | None = None, permissions: str = "PRIVATE", **fields) -> Target:
    values = {"type": "SIDEREAL", "ra": 10.0, "dec": 20.0} | fields
    target = Target.objects.create(name=name or f"AT2024x{next(_numbers)}", permissions=permissions, **values)
    if group is not None:
        for permission in ("view_target", "change_target", "delete_target"):
            assign_perm(f"tom_targets.{permission}", group, target)
    return target


def make_event(name: str, *groups: Group, test: bool = False):
    from tom_gcn.models import Event

    event = Event.objects.create(name=name, t0=SEEN, is_test=test)
    event.groups.set(groups)
    return event


def ingest_alert(file: str = "S241102br_UPDATE_1.json"):
    """A real alert as an event with notice, localization and a queued plan, seen by the default group."""
    from tom_gcn.actions import read_message, receive_message

    make_group()
    message, _ = receive_message((ALERTS / file).read_bytes(), source=file)
    return read_message(message).event


def mark(row: Model, secret: str = SECRET, skip: tuple[str, ...] = ()) -> Model:
    """Write the secret into every free text of a row."""
    changed = {}
    for column in row._meta.concrete_fields:
        if column.name in skip or column.choices or column.primary_key or column.unique:
            continue
        if isinstance(column, CharField | TextField) and (column.max_length or 999) >= 20:
            changed[column.name] = f"{secret} {column.name}"[: column.max_length]
    type(row).objects.filter(pk=row.pk).update(**changed)
    row.refresh_from_db()
    return row


@dataclass
class World:
    """One of everything private, each with the secret inside; `rows` are watched for changes."""

    group: Group
    owner: User
    target: Target
    other_target: Target
    rows: list[Model] = field(default_factory=list)
    by_model: dict[str, Model] = field(default_factory=dict)
    confirmation_key: str = ""
    invitation_key: str = ""

    def keep(self, row: Model) -> Model:
        self.rows.append(row)
        self.by_model.setdefault(row._meta.label_lower, row)
        return row

    def pk(self, label: str) -> int:
        return self.by_model[label].pk


def make_world(group: Group) -> World:
    """Plant secrets in every private model of TOM and of our apps."""
    owner = make_user(f"{SECRET}owner", group)
    target = make_target(f"{SECRET} target", group=group)
    world = World(group, owner, target, make_target(f"{SECRET} other", group=group))
    for row in (group, owner, target, world.other_target):
        world.keep(row)
    _plant_on_target(world)
    _plant_observations(world)
    _plant_data(world)
    _plant_calendar_and_lists(world)
    _plant_event(world)
    _plant_relations(world)
    _plant_executed(world)
    _plant_photometry(world)
    _plant_channels(world)
    _plant_requests(world)
    plant_members(world)
    world.keep(AuditEntry.objects.filter(model="tom_targets.basetarget").first())
    # Last: TOM sends every new measurement of a target to the destinations of its shares.
    world.keep(PersistentShare.objects.create(target=target, user=owner, destination=f"{SECRET} share"))
    return world


def _plant_on_target(world: World) -> None:
    world.keep(TargetName.objects.create(target=world.target, name=f"{SECRET} alias"))
    world.keep(TargetExtra.objects.create(target=world.target, key="redshift", value=f"{SECRET} extra"))
    world.keep(
        Comment.objects.create(
            content_object=world.target,
            site=Site.objects.get_current(),
            user=world.owner,
            comment=f"{SECRET} comment",
            submit_date=timezone.now(),
        )
    )


def _plant_observations(world: World) -> None:
    record = ObservationRecord.objects.create(
        target=world.target,
        user=world.owner,
        facility=f"{SECRET}-facility",
        parameters={"note": f"{SECRET} parameters"},
        observation_id=f"{SECRET}-id",
        status="PENDING",
    )
    group = ObservationGroup.objects.create(name=f"{SECRET} observation group")
    group.observation_records.add(record)
    cadence = DynamicCadence.objects.create(
        observation_group=group, cadence_strategy="x", cadence_parameters={"a": SECRET}, active=False
    )
    template = ObservationTemplate.objects.create(
        name=f"{SECRET} template", facility="CFHT", parameters={"note": SECRET}
    )
    for row in (record, group, cadence, template):
        world.keep(row)


def _plant_data(world: World) -> None:
    product = DataProduct.objects.create(
        product_id=f"{SECRET}-product",
        target=world.target,
        observation_record=world.by_model["tom_observations.observationrecord"],
        data=ContentFile(f"{SECRET} contents".encode(), name=f"{SECRET}.csv"),
        extra_data=f"{SECRET} extra data",
        data_product_type="photometry",
    )
    group = DataProductGroup.objects.create(name=f"{SECRET} product group")
    group.dataproduct_set.add(product)
    common = {"target": world.target, "data_product": product, "timestamp": SEEN, "source_name": f"{SECRET} source"}
    spectrum = {"flux": [1.0], "wavelength": [2.0], "flux_unit": SECRET, **common}
    for row in (
        product,
        group,
        ReducedDatum.objects.create(data_type="other", value={"note": SECRET}, **common),
        PhotometryReducedDatum.objects.create(brightness=17.25, bandpass="r", telescope=f"{SECRET}-T", **common),
        SpectroscopyReducedDatum.objects.create(**spectrum),
        AstrometryReducedDatum.objects.create(ra=1.0, dec=2.0, **common),
    ):
        world.keep(row)


def _plant_calendar_and_lists(world: World) -> None:
    targets = TargetList.objects.create(name=f"{SECRET} list")
    targets.targets.add(world.target, world.other_target)
    for permission in ("view_targetlist", "change_targetlist", "delete_targetlist"):
        assign_perm(f"tom_targets.{permission}", world.group, targets)
    now = timezone.now()
    entry = CalendarEvent.objects.create(
        title=f"{SECRET} shift",
        description=SECRET,
        start_time=now,
        end_time=now + timedelta(hours=1),
        target_list=targets,
    )
    query = DataServiceQuery.objects.create(name=f"{SECRET} query", data_service="Simbad", parameters={"note": SECRET})
    for row in (targets, entry, EventTodo.objects.create(event=entry, description=f"{SECRET} todo"), query):
        world.keep(row)


def _plant_event(world: World) -> None:
    from tom_gcn.models import ObservationPlan, PlanDecision, PlannedPointing, Refusal, TelescopePlan
    from tom_grandma_facilities.models import TelescopeStatus

    event = ingest_alert()
    event.groups.set([world.group])
    type(event).objects.filter(pk=event.pk).update(name=f"{SECRET}-S241102br")
    event.refresh_from_db()
    notice = mark(event.notices.get(), skip=("format",))
    plan = mark(event.plans.first(), skip=("state",))
    ObservationPlan.objects.filter(pk=plan.pk).update(
        state="done", telescopes=["CFHT"], n_pointings=1, started_at=SEEN, finished_at=SEEN, covered_probability=0.01
    )
    telescope_plan = TelescopePlan.objects.create(
        plan=plan, telescope="CFHT", reason=f"{SECRET} reason", n_pointings=1, first_start=plan.window_start
    )
    angles = dict.fromkeys(("altitude_start_deg", "altitude_end_deg", "moon_separation_deg"), 45.0)
    parts = ("probability", "new_probability", "cumulative_probability", "telescope_cumulative")
    pointing = PlannedPointing.objects.create(
        telescope_plan=telescope_plan,
        order=1,
        field_id=f"{SECRET}-field",
        ra_deg=10.0,
        dec_deg=20.0,
        start=plan.window_start,
        end=plan.window_start + timedelta(minutes=5),
        filter="r",
        exposure_s=60.0,
        airmass_start=1.2,
        airmass_end=1.2,
        footprint=[[9.5, 19.5], [10.5, 19.5], [10.5, 20.5], [9.5, 20.5]],
        **angles,
        **dict.fromkeys(parts, 0.01),
        note=f"{SECRET} note",
    )
    localization = event.localizations.get()
    decision = PlanDecision.objects.create(event=event, is_planned=False, reason=f"{SECRET} decision")
    refusal = Refusal.objects.create(event=event, telescope="CFHT", reason=f"{SECRET} refusal", at=SEEN)
    _plant_texts(world, event, notice)
    status = TelescopeStatus.objects.create(telescope="CFHT", reason=f"{SECRET} dome motor", state="closed")
    message = mark(notice.message)
    plan.refresh_from_db()
    plans = (plan, telescope_plan, pointing, decision, refusal)
    for row in (event, notice, message, *plans, localization, localization.skymap, status):
        world.keep(row)


def _plant_channels(world: World) -> None:
    """How a telescope is asked, and time of the group on it."""
    from tom_grandma_facilities.models import Allocation, Channel

    channel, _ = Channel.objects.get_or_create(
        telescope="CFHT", defaults={"transport": "ocs", "settings": {"proposal": SECRET}, "note": f"{SECRET} note"}
    )
    time = Allocation(telescope="CFHT", group=world.group, title=f"{SECRET} proposal", pi=f"{SECRET} pi", hours=5.0)
    time.valid_from, time.valid_to = SEEN, timezone.now() + timedelta(days=9)
    time.keep_secrets({"token": f"{KEPT} token"})
    time.save()
    for row in (channel, time):
        world.keep(row)


def _plant_requests(world: World) -> None:
    """A telescope was asked for the private target; it was sent, answered and given a link."""
    from tom_grandma_facilities.actions.links import make_link
    from tom_grandma_facilities.models import FacilityTransaction, FollowUpRequest, NightMark, RequestEntry

    now = timezone.now()
    asked = FollowUpRequest.objects.create(
        telescope="CFHT", target_id=world.target.pk, subject=world.target.name, transport="ocs", state="sent",
        exposures=[{"filter": "r", "exposure_s": 60.0, "count": 2}], programme_s=120.0, note=f"{SECRET} note",
        window_start=now, window_end=now + timedelta(days=1), problem=f"{SECRET} problem", created_by=world.owner,
        external_id=f"{SECRET}-7", reason=f"{SECRET} reason", sent_at=now, sent_revision=1,
    )  # fmt: skip
    asked.groups.add(world.group)
    entry = RequestEntry.objects.create(request=asked, new_state="sent", by_text=f"{SECRET} team", note=SECRET)
    call = FacilityTransaction.objects.create(
        request=asked, action="submit", transport="ocs", key=asked.key, sent=f"{SECRET} sent", reply=f"{SECRET} reply"
    )
    tick = NightMark.objects.create(
        telescope="CFHT", night=now.date(), target_id=world.target.pk, is_observed=True, note=f"{SECRET} seeing"
    )
    for row in (asked, entry, call, tick, make_link(asked, by=None)):
        world.keep(row)


def _plant_executed(world: World) -> None:
    """An upload of the group with one executed observation, in the map of the event and on the target."""
    from tom_grandma_facilities.executed.sky import cells
    from tom_grandma_facilities.models import ExecutedObservation, ObservationUpload, UploadedFile

    rejected = [{"line": 2, "row": {"id": SECRET}, "problems": []}]
    upload = ObservationUpload.objects.create(source=f"{SECRET} night.csv", uploaded_by=world.owner, rejected=rejected)
    upload.groups.add(world.group)
    observation = ExecutedObservation.objects.create(
        telescope="CFHT", observation_id=f"{SECRET}-1", field_id=f"{SECRET} field", ra_deg=10.0, dec_deg=20.0,
        start=SEEN + timedelta(hours=1), exposure_s=60.0, filter=f"{SECRET} r", limiting_mag=24.0,
        target_name=f"{SECRET} aim", shape="square", width_deg=1.0, height_deg=1.0, hpx29=cells(10.0, 20.0),
        size_class=-1, upload=upload, raw={"note": SECRET}, digest="planted",
    )  # fmt: skip
    told = gzip.compress(f"{SECRET} rows".encode(), mtime=0)
    file = UploadedFile.objects.create(upload=upload, sha256="planted", body=told, answers=told)
    for row in (upload, observation, file):
        world.keep(row)


def _plant_photometry(world: World) -> None:
    """A point of the group on the target, what was found on it and decided about it, and what came with it."""
    from tests.photometry_points import make_points
    from tom_photvalidation.models import (
        ColumnMapping,
        InstrumentProfile,
        PhotometryFile,
        PhotometryReview,
        PointFinding,
        ReviewCell,
        TargetEpoch,
    )  # fmt: skip

    (point,) = make_points(1, world.target, world.group, by=world.owner, status="quarantined")
    type(point).objects.filter(pk=point.pk).update(
        submitted=f"{SECRET} row", observer=f"{SECRET} observer", instrument=f"{SECRET} camera",
        reference=f"{SECRET} reference", extra={"note": SECRET},
    )  # fmt: skip
    point.refresh_from_db()
    upload = point.upload
    type(upload).objects.filter(pk=upload.pk).update(source=f"{SECRET} points.csv", reason=f"{SECRET} reason")
    upload.refresh_from_db()
    told = gzip.compress(f"{SECRET} points".encode(), mtime=0)
    cell = ReviewCell.objects.create(
        target=world.target, telescope=point.telescope, filter=point.filter, audience=upload.audience,
        comment=f"{SECRET} comment",
    )  # fmt: skip
    for row in (
        upload.audience, upload, point, cell,
        PhotometryFile.objects.create(upload=upload, sha256="planted", body=told, answers=told),
        PointFinding.objects.create(point=point, check_id="sky", bit=1, severity="Q", sentence=f"{SECRET} sentence"),
        PhotometryReview.objects.create(
            batch=upload.uuid, step="decide", point=point, to_status="quarantined", reviewer_name=f"{SECRET} reviewer",
            note=f"{SECRET} note",
        ),
        ColumnMapping.objects.create(user=world.owner, headers=[f"{KEPT} column"], signature="planted"),
        InstrumentProfile.objects.create(telescope="CFHT", instrument="MegaCam", source="known to all members"),
        # The event's own T0 may stand there already.
        TargetEpoch.objects.update_or_create(
            target=world.target, defaults={"t0": SEEN, "source": f"{SECRET} event"}
        )[0],
    ):  # fmt: skip
        world.keep(row)


def _plant_relations(world: World) -> None:
    """What hangs between events and targets: a coincidence, the event's target and where its position is from."""
    from icare_tom.auto_targets import EventTarget, TargetPosition
    from tom_gcn.models import Coincidence

    event, localization = world.by_model["tom_gcn.event"], world.by_model["tom_gcn.localization"]
    partner = make_event(f"{SECRET}-partner", world.group)
    # A name that visitors may guess: what they send is echoed, and must not be taken for a leak.
    type(partner).objects.filter(pk=partner.pk).update(keys=["PARTNER"])
    partner.refresh_from_db()
    coincidence = Coincidence.objects.create(
        one=event, other=partner, delta_t_s=1.7, window_s=6, overlap=25.0, one_localization=localization
    )
    link = EventTarget.objects.create(event=event, target=world.target, is_automatic=True, is_kept=True)
    position = TargetPosition.objects.create(
        link=link, localization=localization, ra_deg=10.0, dec_deg=20.0, radius_90_deg=0.05
    )
    for row in (partner, coincidence, link, position):
        world.keep(row)
    _plant_tags(world)


def _plant_tags(world: World) -> None:
    """A rule's tag and one set by hand, both on the private event."""
    from tom_gcn.models import EventSummary, HandTag, TagRule

    event = world.by_model["tom_gcn.event"]
    rule = TagRule.objects.create(name=f"{SECRET} rule", tag=f"{SECRET} ruled", conditions="kind = gw")
    hand = HandTag.objects.create(event=event, tag=f"{SECRET} tag", added_by=world.owner)
    EventSummary.objects.filter(event=event).update(tags=["significant", rule.tag, hand.tag])
    world.by_model["tom_gcn.eventsummary"].refresh_from_db()
    for row in (rule, hand):
        world.keep(row)


def _plant_texts(world: World, event: Model, notice: Model) -> None:
    from tom_gcn.models import Circular, EventAlias, EventSummary, HermesMessage, SavedSearch, SkyMapFetch

    circular = Circular.objects.create(
        circular_id=38000,
        version=1,
        subject=f"{SECRET} subject",
        body=f"{SECRET} body",
        submitter=f"{SECRET} submitter",
        sent_at=SEEN,
        message=notice.message,
    )
    hermes = HermesMessage.objects.create(
        key=f"{SECRET} key",
        title=f"{SECRET} title",
        text=f"{SECRET} text",
        authors=f"{SECRET} authors",
        sent_at=SEEN,
        message=notice.message,
    )
    for text in (circular, hermes):
        text.events.add(event)
    summary = EventSummary.objects.get(event=event)
    EventSummary.objects.filter(pk=event.pk).update(mission=f"{SECRET} mission", best_class=f"{SECRET} class")
    summary.refresh_from_db()
    for row in (
        circular,
        hermes,
        summary,
        EventAlias.objects.create(event=event, name=f"{SECRET} alias", key=f"{SECRET.upper()}ALIAS", source="Swift"),
        SkyMapFetch.objects.create(notice=notice, url=f"https://gracedb.ligo.org/{SECRET}.fits", next_try_at=SEEN),
        SavedSearch.objects.create(user=world.owner, name=f"{KEPT} search", query="kind=gw"),
    ):
        world.keep(row)
