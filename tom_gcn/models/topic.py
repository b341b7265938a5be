"""Which topics are read, as people choose them."""

from django.core.validators import RegexValidator
from django.db import models


class AlertTopic(models.Model):
    """A topic of a cluster, or many of them by a pattern with *; a disabled row excludes what it names."""

    cluster = models.CharField(max_length=40, help_text="hopskotch or gcn")
    name = models.CharField(
        max_length=249,
        validators=[RegexValidator(r"^[A-Za-z0-9._*-]+$", "Only letters, digits, dots, - and _, and * for anything.")],
        help_text="For instance igwn.gwalert, or gcn.notices.* for all of them, also those that come later.",
    )
    enabled = models.BooleanField(default=True, help_text="Off: what the name stands for is not read.")

    class Meta:
        ordering = ["cluster", "name"]
        constraints = [models.UniqueConstraint(fields=["cluster", "name"], name="alert_topic_once")]

    def __str__(self) -> str:
        return f"{self.name} at {self.cluster}"
