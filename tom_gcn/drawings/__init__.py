"""Pictures for pages, made as SVG on the server: the sky map, a telescope's night, probability against time.

Numbers in, text out; Django is not needed. Elements carry classes, so that style sheets colour them for light and dark,
and presentation attributes, so that a picture saved to disk looks the same.
"""

from tom_gcn.drawings.curve import probability_curve
from tom_gcn.drawings.efficiency import efficiency_curve
from tom_gcn.drawings.night_bar import Night, night_bar
from tom_gcn.drawings.sky_map import SkyPicture, draw_sky

__all__ = ["Night", "SkyPicture", "draw_sky", "efficiency_curve", "night_bar", "probability_curve"]
