"""Tasks of the queue write in their own name."""

from typing import Any

from django.dispatch import receiver
from django_q.signals import pre_execute

from icare_tom.audit.origin import work_as


@receiver(pre_execute, dispatch_uid="icare_tom.audit.work_as")
def write_as_task(task: dict[str, Any], **_: Any) -> None:
    """Say which task this worker writes for."""
    work_as(f"task {task.get('func', '')}")
