"""Sun, Moon, sidereal time, altitude and darkness in closed form, vectorised over times, sites and positions.

A network plan asks for millions of altitudes; `astropy.coordinates` needs a second for what this module answers in
milliseconds, and may try to download Earth-rotation tables while it does so. Astropy is the independent check in the
tests, never a dependency here.

Conventions
-----------
Times are Modified Julian Dates in UTC (float or array). Right ascension and declination are degrees ICRS unless a
docstring says otherwise, longitudes are positive to the east, altitudes carry no refraction, azimuths run from north
through east. All arguments broadcast against each other. UT1 is taken as UTC (their difference stays below 0.9 s, or
0.23 arcmin of hour angle; it has been below 0.1 s since 2022).

Accuracy against astropy 7.2 over 2000-2040, as measured in ``tests/unit/facilities/test_almanac.py``: altitude and
azimuth of fixed positions 0.35 arcmin above 10 degrees, Sun 0.02 degrees (in fact a dozen arcseconds), topocentric Moon
0.3 degrees (in fact 0.04), edges of nights 10 s.

References
----------
.. [1] Meeus, J., *Astronomical Algorithms*, 2nd edition, Willmann-Bell 1998: chapters 12, 22, 25, 40, 47, 48.
.. [2] Meeus, J., *Astronomical Formulae for Calculators*, 4th edition, Willmann-Bell 1988: chapter 18.
.. [3] Capitaine, N., Wallace, P. T. and Chapront, J. 2003, A&A 412, 567, doi:10.1051/0004-6361:20031539.
.. [4] Kaplan, G. H., USNO Circular 179, 2005: Earth rotation angle and sidereal time.
.. [5] Kasten, F. and Young, A. T. 1989, Applied Optics 28, 4735, doi:10.1364/AO.28.004735.
"""

from tom_grandma_facilities.almanac.bodies import moon_position, moon_topocentric, sun_position
from tom_grandma_facilities.almanac.crossings import windows_below
from tom_grandma_facilities.almanac.earth import gmst_deg, local_sidereal_deg, sidereal_true_deg
from tom_grandma_facilities.almanac.horizon import airmass, altitude_azimuth, apparent_place, separation_deg
from tom_grandma_facilities.almanac.night import network_night_windows, night_windows, sun_altitude
from tom_grandma_facilities.almanac.times import datetime_of, mjd_of

__all__ = [
    "airmass",
    "altitude_azimuth",
    "apparent_place",
    "datetime_of",
    "gmst_deg",
    "local_sidereal_deg",
    "mjd_of",
    "moon_position",
    "moon_topocentric",
    "network_night_windows",
    "night_windows",
    "separation_deg",
    "sidereal_true_deg",
    "sun_altitude",
    "sun_position",
    "windows_below",
]
