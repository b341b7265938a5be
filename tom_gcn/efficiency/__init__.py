"""Would the source have been seen? Injected sources against what was planned or done. Plain numpy, no Django.

`sources` says how bright a source is at which time, `inject` draws positions and distances from a sky map, `efficiency`
counts how often each would have been seen, for all absolute magnitudes at once.
"""

from .efficiency import Efficiency, Looks, efficiency
from .inject import Injections, NoDistance, inject
from .sources import LAWS, Law, Source

__all__ = ["LAWS", "Efficiency", "Injections", "Law", "Looks", "NoDistance", "Source", "efficiency", "inject"]
