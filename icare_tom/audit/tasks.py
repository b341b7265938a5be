"""Tasks of the queue write in their own name."""

import logging
from typing import Any

from django.core.cache import cache
from django.dispatch import receiver
from django_q.signals import pre_execute

from icare_tom.audit.origin import work_as
from icare_tom.audit.retention import prune

logger = logging.getLogger(__name__)

A_DAY_S = 86_400


def prune_daily() -> int:
    """Let go of what is too old, once a day; called every few seconds by the watchdog of any machine."""
    if not cache.add("icare-audit-pruned", True, A_DAY_S):
        return 0
    removed, forgotten = prune()
    logger.info("audit: %s entries removed, %s addresses forgotten", removed, forgotten)
    return removed + forgotten


@receiver(pre_execute, dispatch_uid="icare_tom.audit.work_as")
def write_as_task(task: dict[str, Any], **_: Any) -> None:
    """Say which task this worker writes for."""
    work_as(f"task {task.get('func', '')}")
