"""What may end a plan from outside."""

from __future__ import annotations


class PlanCancelled(Exception):
    """The plan is not wanted any more; raised by a progress callable, passed on by every engine."""
