"""Signal receivers that replace TOM's."""

import logging

from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db.models.signals import post_delete, post_save, pre_delete
from guardian.models import GroupObjectPermission, UserObjectPermission
from tom_common.signals import create_auth_token_on_user_post_save
from tom_dataproducts.models import REDUCED_DATUM_MODELS
from tom_observations.models import ObservationRecord
from tom_targets.models import Target
from tom_targets.signals.handlers import cb_reduceddatum_post_save, cb_target_post_delete

logger = logging.getLogger(__name__)


def remove_permissions(sender: type[Target], instance: Target, **_kwargs: object) -> None:
    """Remove the object permissions of one deleted target.

    TOM's own receiver looks through every permission of the site for rows that are gone: 60,163 queries and 48 to 255
    seconds for one target among 20,000.
    """
    content_type = ContentType.objects.get_for_model(Target)
    for model in (UserObjectPermission, GroupObjectPermission):
        model.objects.filter(content_type=content_type, object_pk=str(instance.pk)).delete()


def forget_user_in_observations(sender: type[User], instance: User, **_kwargs: object) -> None:
    """TOM's key to the observer neither cascades nor clears: deleting the account would end in a database error."""
    ObservationRecord.objects.filter(user=instance.pk).update(user=None)


# Keys of the REST framework lie readable in the database, and open nothing here.
if not post_save.disconnect(create_auth_token_on_user_post_save, sender=User):
    raise RuntimeError("TOM's maker of readable keys was not connected where it was looked for.")
if not post_delete.disconnect(cb_target_post_delete, sender=Target):
    raise RuntimeError("TOM's sweep of orphaned permissions was not connected where it was looked for.")
# Rows are sent to no other TOM (docs/decisions/0011): with a share left in the database, storing a value would fail.
for _model in REDUCED_DATUM_MODELS:
    if not post_save.disconnect(cb_reduceddatum_post_save, sender=_model):
        raise RuntimeError("TOM's sender of new values was not connected where it was looked for.")
post_delete.connect(remove_permissions, sender=Target, dispatch_uid="icare_tom.remove_permissions")
pre_delete.connect(forget_user_in_observations, sender=User, dispatch_uid="icare_tom.forget_user")
