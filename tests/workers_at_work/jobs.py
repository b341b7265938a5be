"""Work for the workers of the tests; each job leaves its effect in a row that can exist only once."""

import os
import signal
import time

from django.contrib.auth.models import Group
from django_tasks import task


def effect(name: str, seconds: float = 0.0) -> None:
    time.sleep(seconds)
    Group.objects.create(name=name)


def deadly() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@task(queue_name="fast")
def of_tom(number: int) -> int:
    return 2 * number


@task(queue_name="fast")
def of_tom_that_fails() -> None:
    raise ValueError("no such star")
