"""Rows of background work: the watchdogs that live, and which queued task is in whose hands."""

from django.db import models
from django.utils import timezone


class WorkerHeartbeat(models.Model):
    """One living watchdog and the cluster it runs; the row goes when it stops, and is stale when it died."""

    holder = models.CharField(max_length=200, primary_key=True, help_text="Host, process id and start of the watchdog.")
    cluster = models.CharField(max_length=100, db_index=True, help_text="Name of the queue it serves.")
    host = models.CharField(max_length=120)
    pid = models.BigIntegerField(help_text="Process id of the watchdog on its host.")
    pool_size = models.PositiveSmallIntegerField(help_text="Number of tasks its cluster runs at once.")
    restarts = models.PositiveIntegerField(default=0, help_text="How often it had to start its cluster again.")
    started_at = models.DateTimeField(default=timezone.now)
    beat_at = models.DateTimeField(help_text="Last sign of life, by the database's clock.")

    class Meta:
        ordering = ["cluster", "holder"]

    def __str__(self) -> str:
        return f"{self.cluster} on {self.host}"


class TaskClaim(models.Model):
    """What became of a task taken from the queue. The queue library itself forgets a task its worker died of."""

    queue_row = models.OneToOneField(
        "django_q.OrmQ", primary_key=True, on_delete=models.CASCADE, related_name="claim", db_constraint=True
    )
    cluster = models.CharField(max_length=100)
    holder = models.CharField(
        max_length=200, blank=True, db_index=True, help_text="Watchdog whose cluster has it; empty: nobody."
    )
    claimed_at = models.DateTimeField(null=True)
    worker_pid = models.BigIntegerField(null=True, help_text="Process that started it last.")
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True, help_text="Done, and about to leave the queue.")
    starts = models.PositiveSmallIntegerField(default=0, help_text="How often it was started, deadly starts included.")

    class Meta:
        ordering = ["queue_row"]

    def __str__(self) -> str:
        return f"task {self.queue_row_id}"
