"""What can be chosen for a plan as a whole."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """Settings of a plan.

    Attributes
    ----------
    max_pointings : int or None
        Pointings per telescope; a telescope's own number goes first. None: as many as fit.
    min_new_probability : float
        Least probability that a pointing must add to the network.
    min_share_of_best : float
        The same as a share of what the widest field could hold at best: where one field takes most of a small map,
        crumbs are not worth asking people for.
    level : float
        Credible level of the region in which fields are looked for.
    earliness : float
        Share of its value that a field loses when it can first be taken at the end of the span; decides between
        telescopes and fields that are otherwise nearly equal.
    """

    max_pointings: int | None = 20
    min_new_probability: float = 1e-4
    min_share_of_best: float = 2e-3
    level: float = 0.999
    earliness: float = 0.02

    def __post_init__(self) -> None:
        if self.max_pointings is not None and self.max_pointings < 0:
            raise ValueError(f"The number of pointings cannot be {self.max_pointings}.")
        for name in ("min_new_probability", "level"):
            if not 0.0 < getattr(self, name) < 1.0:
                raise ValueError(f"{name} must lie between 0 and 1, not {getattr(self, name):g}.")
        if not 0.0 <= self.min_share_of_best < 1.0:
            raise ValueError(f"min_share_of_best must be at least 0 and below 1, not {self.min_share_of_best:g}.")
        if not 0.0 <= self.earliness < 1.0:
            raise ValueError(f"earliness must be at least 0 and below 1, not {self.earliness:g}.")

    def for_best(self, best: float) -> PlanOptions:
        """Return the options with the least new probability raised to its share of the best field's probability."""
        return replace(self, min_new_probability=max(self.min_new_probability, self.min_share_of_best * best))
