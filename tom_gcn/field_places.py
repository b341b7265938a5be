"""Where the fields of our plans are, for those who tell of executed observations by field alone."""

from collections.abc import Collection, Mapping

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

from tom_gcn.models import PlannedPointing


def places_of_fields(
    telescope: str, field_ids: Collection[str], user: AbstractBaseUser | AnonymousUser
) -> Mapping[str, tuple[float, float]]:
    """RA and Dec [deg] of fields as they were planned last, in plans of events that `user` may see."""
    rows = PlannedPointing.objects.visible_to(user).filter(
        telescope_plan__telescope=telescope, field_id__in=[name for name in field_ids if name]
    )
    newest = rows.order_by("field_id", "-pk").distinct("field_id").values_list("field_id", "ra_deg", "dec_deg")
    return {name: (ra, dec) for name, ra, dec in newest}
