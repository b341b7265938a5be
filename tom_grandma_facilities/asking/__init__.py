"""Whether to ask a telescope: how deep it gets, how often it may be asked, and what speaks for and against. Pure.

``depth``: the magnitude that exposures reach, scaled from the planning figures of the telescope's value, and the
exposures that reach a magnitude. ``usage``: how often the classes of the GRANDMA cookbook let a telescope be asked.
``advice``: both with its sight of the target, as sentences for the form. Nothing here knows rows or pages.
"""

from tom_grandma_facilities.asking.advice import Advice, Asked, Verdict, advise
from tom_grandma_facilities.asking.depth import Exposures, depth_of, exposures_for, seconds_for
from tom_grandma_facilities.asking.usage import usage_objection, usage_words

__all__ = [
    "Advice",
    "Asked",
    "Exposures",
    "Verdict",
    "advise",
    "depth_of",
    "exposures_for",
    "seconds_for",
    "usage_objection",
    "usage_words",
]
