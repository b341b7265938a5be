"""Finding charts: which stars stand around a position, and how they look through a telescope. Pure.

``stars`` reads the catalogue that is installed with the project; ``chart`` draws it.
"""

from tom_grandma_facilities.finding.chart import Field, Mark, finding_chart
from tom_grandma_facilities.finding.stars import Stars, stars_around

__all__ = ["Field", "Mark", "Stars", "finding_chart", "stars_around"]
