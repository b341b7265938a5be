"""What the REST API of plans refuses before anything is done: what would else be dropped, or done for nothing."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from tom_gcn.choices import PlanState
from tom_gcn.exceptions import GcnError
from tom_gcn.models import Event, ObservationPlan, Refusal
from tom_gcn.network import names_asked
from tom_gcn.planning.wish import Objection, PlanWish


class NotInPlan(GcnError):
    """A plan has nothing for a telescope."""

    code = "not-in-plan"


class AlreadyFinished(GcnError):
    """Nothing is left to be stopped."""

    code = "already-finished"


def unknown_fields(data: object, serializer: type[serializers.Serializer[Any]]) -> list[Objection]:
    """An objection for each field that is given and that nobody reads."""
    if not isinstance(data, Mapping):
        return [Objection("", "What is sent is an object with named fields.", "See the documentation.")]
    known = list(serializer().fields)
    mend = f"Choose among {', '.join(known)}."
    return [Objection(str(name), f"There is no field {str(name)!r}.", mend) for name in data if name not in known]


def unasked_settings(wish: PlanWish) -> list[Objection]:
    """An objection for each telescope whose settings are given though the wish does not ask it."""
    asked = names_asked(wish)
    mend = "Name it under telescopes, or leave its settings out."
    return [
        Objection(f"settings.{name}", f"{name} is not among the telescopes asked.", mend)
        for name in wish.settings
        if name not in asked
    ]


def check_has_pointings(plan: ObservationPlan, telescope: str) -> None:
    """Refuse a report of a telescope for which a finished plan has nothing.

    Raises
    ------
    NotInPlan
    """
    if plan.state != PlanState.DONE:
        return
    part = plan.telescope_plans.filter(telescope=telescope).first()
    if part is None:
        raise NotInPlan(f"Plan {plan.version} has no telescope {telescope}.", "See its telescopes.")
    if not part.n_pointings:
        raise NotInPlan(f"Plan {plan.version} has no pointing of {telescope}.", part.reason)


def check_can_be_stopped(plan: ObservationPlan) -> None:
    """Refuse to cancel what is finished; a plan that was cancelled may be cancelled again, which changes nothing.

    Raises
    ------
    AlreadyFinished
    """
    if not (plan.is_unfinished or plan.is_being_refined or plan.state == PlanState.CANCELLED):
        raise AlreadyFinished(f"Plan {plan.version} is {plan.get_state_display()}.", "There is nothing to cancel.")


def standing_refusal(event: Event, values: Mapping[str, Any]) -> Refusal | None:
    """The refusal that says the same already and was not taken back."""
    return Refusal.objects.filter(event=event, withdrawn_at=None, **values).first()
