"""The table of filters: effective wavelength, AB minus Vega, family, usual magnitude system and every known name.

The canonical names are those that SkyPortal and sncosmo use where they have one. Sources of the numbers are given for
each family in `SOURCES`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

AB, VEGA = "AB", "Vega"

BLANTON = "Blanton & Roweis 2007, AJ 133, 734, table 1"
CALSPEC = "CALSPEC alpha_lyr_stis_011 through the transmission curves of pyphot 2.1.1"
SPECLITE = "CALSPEC alpha_lyr_stis_011 through the transmission curves of speclite 1.0.0"

# What each number was held against is told in docs/science/bandpasses.md.
SOURCES: Mapping[str, str] = MappingProxyType(
    {
        "sdss": f"AB - Vega: {BLANTON}; pivot wavelengths of the curves of Doi et al. 2010, AJ 139, 1628",
        "bessell": f"AB - Vega: {BLANTON}; wavelengths: Bessell 2005, ARA&A 43, 293",
        "2mass": f"AB - Vega: {BLANTON}; wavelengths: {CALSPEC}",
        "ps1": f"{CALSPEC} (curves of Tonry et al. 2012, ApJ 750, 99)",
        "ztf": CALSPEC,
        "atlas": "wavelengths: Tonry et al. 2018, PASP 130, 064505; AB - Vega: mean of the PS1 filters each spans",
        "uvot": "AB - Vega: Breeveld et al. 2011, AIPC 1358, 373 (swift.gsfc.nasa.gov/analysis/uvot_digest); "
        "wavelengths: Poole et al. 2008, MNRAS 383, 627",
        "gaia": "Gaia EDR3 zero points (Riello et al. 2021, A&A 649, A3, table 3), AB minus Vega; "
        "pivot wavelengths of its curves",
        "mko": "Hewett et al. 2006, MNRAS 367, 454, table 7",
        "hst": f"{CALSPEC} (WFC3, ACS/WFC where WFC3 has none, else WFPC2)",
        "spitzer": CALSPEC,
        "tess": CALSPEC,
        "stromgren": CALSPEC,
        "lsst": f"{SPECLITE} (lsst2023)",
        "decam": f"{SPECLITE} (decam2014, with atmosphere)",
        "gunn": "g, r: Thuan & Gunn 1976, PASP 88, 543; i, z: Schneider, Gunn & Hoessel 1983; "
        "AB - Vega of the nearest Sloan filter",
        "clear": "no filter: AB - Vega of the filter it is calibrated against; of R where that is not said",
        "polarised": "no filter behind a polariser: as clear",
        "wide": "wide filters of single surveys: AB - Vega of the nearest filter",
        "tricolour": "colours of a camera chip, calibrated against B, V and R (AAVSO)",
        "radio": "AB by definition; no Vega magnitudes exist",
        "x-ray": "AB by definition; no Vega magnitudes exist",
    }
)


@dataclass(frozen=True, slots=True)
class Band:
    """One filter. `ab_minus_vega` is added to a Vega magnitude to make it AB; NaN where there are none."""

    name: str
    family: str
    wavelength_nm: float
    ab_minus_vega: float
    default_magsys: str
    aliases: tuple[str, ...] = ()
    glass: str = (
        ""  # canonical name of what stands in the beam when that is not the name itself: clear::bessellr -> clear
    )
    label: str = ""

    @property
    def source(self) -> str:
        """Where the numbers of its family come from."""
        return SOURCES[self.family]


def _family(family: str, default: str, rows: str) -> list[Band]:
    """Read rows of "name | label | wavelength nm | AB - Vega | alias, alias ..."."""
    bands = []
    for row in rows.strip().splitlines():
        name, label, wavelength, offset, aliases = (part.strip() for part in row.split("|", 4))
        bands.append(
            Band(name, family, float(wavelength), float(offset), default, tuple(aliases.split()), label=label or name)
        )
    return bands


BESSELL = _family(
    "bessell",
    VEGA,
    """
    bessellux | U | 366.3 | 0.79 | U bessellu Johnson_U UJ U_J JohnsonU standard::u bessell_u
    bessellb | B | 436.1 | -0.09 | B b Johnson_B BJ B_J B_j BesselB Bessell_B standard::b bessell_b
    bessellv | V | 544.8 | 0.02 | V v Johnson_V VJ V_J BesselV Bessell_V standard::v bessell_v
    bessellr | R | 640.7 | 0.21 | R Rc R_c RC R_C RJ Cousins_R CousinsR R_Cousins BesselR Bessell_R R_special R_SPECIAL standard::r bessell_r
    besselli | I | 798.0 | 0.45 | I Ic I_c IC I_C IJ Cousins_I CousinsI I_Cousins BesselI Bessell_I standard::i bessell_i
    """,  # noqa: E501
)
SDSS = _family(
    "sdss",
    AB,
    """
    sdssu | u | 355.7 | 0.91 | u u' up SDSS_u Sloan_u SU sloanu
    sdssg | g | 470.2 | -0.08 | g g' gp SDSS_g Sloan_g SG sloang
    sdssr | r | 617.6 | 0.16 | r r' rp SDSS_r Sloan_r SR sloanr
    sdssi | i | 749.0 | 0.37 | i i' ip SDSS_i Sloan_i SI sloani
    sdssz | z | 894.7 | 0.54 | z z' zp zs z_s SDSS_z Sloan_z SZ sloanz
    """,
)
OTHERS = [
    *_family(
        "ps1",
        AB,
        """
        ps1::g | PS1 g | 484.9 | -0.096 | g_PS1 gPS1 PS1_g panstarrsg g_P1
        ps1::r | PS1 r | 620.1 | 0.146 | r_PS1 rPS1 PS1_r panstarrsr r_P1
        ps1::i | PS1 i | 753.5 | 0.373 | i_PS1 iPS1 PS1_i panstarrsi i_P1
        ps1::z | PS1 z | 867.4 | 0.514 | z_PS1 zPS1 PS1_z panstarrsz z_P1
        ps1::y | PS1 y | 962.8 | 0.553 | y y_PS1 yPS1 PS1_y panstarrsy y_P1
        ps1::w | PS1 w | 628.6 | 0.126 | w w_PS1 wPS1 PS1_w panstarrsw w_P1
        """,
    ),
    *_family(
        "ztf",
        AB,
        """
        ztfg | ZTF g | 478.9 | -0.11 | ztf::g ZTF_g zg
        ztfr | ZTF r | 642.1 | 0.185 | ztf::r ZTF_r zr
        ztfi | ZTF i | 795.5 | 0.439 | ztf::i ZTF_i zi
        """,
    ),
    *_family(
        "atlas",
        AB,
        """
        atlasc | ATLAS c | 533.0 | 0.025 | c ATLAS_c cyan
        atlaso | ATLAS o | 678.9 | 0.26 | o ATLAS_o orange
        """,
    ),
    *_family(
        "uvot",
        VEGA,
        """
        uvot::u | UVOT u | 346.5 | 1.02 | UVU UVOT_U UVOTu
        uvot::b | UVOT b | 439.2 | -0.13 | UVB UVOT_B UVOTb
        uvot::v | UVOT v | 546.8 | -0.01 | UVV UVOT_V UVOTv
        uvot::uvw1 | UVW1 | 260.0 | 1.51 | UVW1 UW1 uvw1 UVOT_UVW1
        uvot::uvm2 | UVM2 | 224.6 | 1.69 | UVM2 UM2 uvm2 UVOT_UVM2
        uvot::uvw2 | UVW2 | 192.8 | 1.73 | UVW2 UW2 uvw2 UVOT_UVW2
        uvot::white | UVOT white | 347.0 | 0.80 | UWh UVOT-white UVOT_white WH
        """,
    ),
    *_family(
        "gaia",
        VEGA,
        """
        gaia::g | Gaia G | 621.8 | 0.114 | G Gaia_G GaiaG
        gaia::gbp | Gaia BP | 511.0 | 0.016 | BP G_BP GBP Gaia_BP gaia::bp
        gaia::grp | Gaia RP | 776.9 | 0.356 | RP G_RP GRP Gaia_RP gaia::rp
        gaia::grvs | Gaia RVS | 860.4 | 0.535 | RVS G_RVS GRVS
        """,
    ),
    *_family(
        "2mass",
        VEGA,
        """
        2massj | J | 1239.1 | 0.91 | J Js J_s 2MASS_J
        2massh | H | 1649.5 | 1.39 | H 2MASS_H
        2massks | Ks | 2163.8 | 1.85 | Ks K_s KS K K' Kp 2MASS_Ks 2MASS_K 2massk
        """,
    ),
    *_family(
        "mko",
        VEGA,
        """
        mko::z | Z (WFCAM) | 881.7 | 0.528 | Z ukirt::z vista::z VISTA_Z
        mko::y | Y (WFCAM) | 1030.5 | 0.634 | Y ukirt::y vista::y VISTA_Y
        mko::j | J (WFCAM) | 1248.3 | 0.938 | ukirt::j J_MKO JMKO
        mko::h | H (WFCAM) | 1631.3 | 1.379 | ukirt::h H_MKO HMKO
        mko::k | K (WFCAM) | 2201.0 | 1.900 | ukirt::k K_MKO KMKO
        fourstar::j1 | J1 (FourStar) | 1054.0 | 0.65 | J1
        """,
    ),
    *_family(
        "hst",
        AB,
        """
        f218w | F218W | 222.8 | 1.667 | F218W
        f225w | F225W | 237.2 | 1.639 | F225W
        f250w | F250W | 271.6 | 1.476 | F250W
        f275w | F275W | 271.7 | 1.476 | F275W
        f300w | F300W | 299.4 | 1.317 | F300W
        f336w | F336W | 335.9 | 1.161 | F336W
        f390w | F390W | 390.6 | 0.227 | F390W
        f435w | F435W | 431.7 | -0.116 | F435W
        f438w | F438W | 432.0 | -0.165 | F438W
        f450w | F450W | 455.6 | -0.096 | F450W
        f475w | F475W | 476.2 | -0.108 | F475W
        f555w | F555W | 531.1 | -0.029 | F555W V555
        f606w | F606W | 590.9 | 0.086 | F606W V606
        f625w | F625W | 625.6 | 0.153 | F625W
        f675w | F675W | 671.7 | 0.245 | F675W
        f702w | F702W | 691.7 | 0.29 | F702W R702
        f775w | F775W | 769.3 | 0.398 | F775W
        f814w | F814W | 806.0 | 0.433 | F814W I814
        f850lp | F850LP | 905.5 | 0.529 | F850LP
        f098m | F098M | 983.5 | 0.573 | F098M
        f105w | F105W | 1055.0 | 0.648 | F105W
        f110w | F110W | 1155.0 | 0.769 | F110W
        f125w | F125W | 1246.2 | 0.917 | F125W
        f140w | F140W | 1392.4 | 1.097 | F140W
        f160w | F160W | 1540.9 | 1.278 | F160W
        """,
    ),
    *_family(
        "lsst",
        AB,
        """
        lsstu | LSST u | 371.6 | 0.591 | lsst::u LSST_u
        lsstg | LSST g | 478.7 | -0.103 | lsst::g LSST_g
        lsstr | LSST r | 620.8 | 0.147 | lsst::r LSST_r
        lssti | LSST i | 754.9 | 0.375 | lsst::i LSST_i
        lsstz | LSST z | 867.4 | 0.514 | lsst::z LSST_z
        lssty | LSST y | 974.6 | 0.561 | lsst::y LSST_y
        """,
    ),
    *_family(
        "decam",
        AB,
        """
        desu | DECam u | 385.7 | 0.317 | decam::u DECam_u
        desg | DECam g | 482.0 | -0.099 | decam::g DECam_g
        desr | DECam r | 642.3 | 0.186 | decam::r DECam_r
        desi | DECam i | 780.7 | 0.416 | decam::i DECam_i
        desz | DECam z | 915.8 | 0.526 | decam::z DECam_z
        desy | DECam Y | 986.7 | 0.577 | decam::y DECam_Y DECam_y
        """,
    ),
    *_family(
        "gunn",
        AB,
        """
        gunng | Gunn g | 493.0 | -0.08 | g_Gunn Gunn_g
        gunnr | Gunn r | 655.0 | 0.16 | r_Gunn Gunn_r
        gunni | Gunn i | 790.0 | 0.37 | i_Gunn Gunn_i
        gunnz | Gunn z | 910.0 | 0.54 | z_Gunn Gunn_z
        """,
    ),
    *_family(
        "stromgren",
        VEGA,
        """
        stromgren::u | Strömgren u | 344.4 | 1.128 | Stromgren_u
        stromgren::v | Strömgren v | 410.5 | -0.144 | Stromgren_v
        stromgren::b | Strömgren b | 466.6 | -0.158 | Stromgren_b
        stromgren::y | Strömgren y | 547.5 | 0.003 | Stromgren_y
        """,
    ),
    *_family("tess", VEGA, "tess | TESS | 769.8 | 0.349 | TESS Tmag"),
    *_family(
        "spitzer",
        AB,
        """
        irac1 | 3.6 µm | 3556.9 | 2.814 | IRAC1 3.6 3.6um 3.6μm 3.6µm
        irac2 | 4.5 µm | 4502.0 | 3.287 | IRAC2 4.5um 4.5μm 4.5µm
        """,
    ),
    *_family(
        "wide",
        VEGA,
        """
        moa::blue | MOA blue | 520.0 | 0.0 | BM BV-MOA
        moa::red | MOA red | 750.0 | 0.33 | RM RI-MOA
        macho::r | MACHO R | 680.0 | 0.25 | R_MACHO
        """,
    ),
    *_family(
        "tricolour",
        VEGA,
        """
        tricolour::b | camera blue | 436.1 | -0.09 | TB
        tricolour::g | camera green | 544.8 | 0.02 | TG
        tricolour::r | camera red | 640.7 | 0.21 | TR
        """,
    ),
    *_family(
        "clear",
        VEGA,
        """
        clear | clear | 640.7 | 0.21 | C Clear CLEAR open OPEN Open unfiltered Unfiltered nofilter no_filter L Lum Luminance N white White ps1::open
        """,  # noqa: E501
    ),
    *_family(
        "polarised",
        VEGA,
        r"""
        polarised | polarised | 640.7 | 0.21 | P
        polarised::0 | polarised 0° | 640.7 | 0.21 | P-
        polarised::45 | polarised 45° | 640.7 | 0.21 | P/ P45
        polarised::90 | polarised 90° | 640.7 | 0.21 | P¦
        polarised::135 | polarised 135° | 640.7 | 0.21 | P\ P135
        """,
    ),
    *_family(
        "radio",
        AB,
        """
        radio-3GHz | 3 GHz | 9.993e7 | nan | 3GHz
        radio-6GHz | 6 GHz | 4.997e7 | nan | 6GHz
        radio-10GHz | 10 GHz | 2.998e7 | nan | 10GHz
        radio-15GHz | 15 GHz | 1.999e7 | nan | 15GHz
        """,
    ),
    *_family("x-ray", AB, "swiftxrt | XRT | 1.24 | nan | XRT swift::xrt"),
]

CALIBRATED_CLEAR = [
    Band(
        f"clear::{band.name}",
        "clear",
        band.wavelength_nm,
        band.ab_minus_vega,
        band.default_magsys,
        (f"C{band.label}", f"C_{band.label}", f"clear_{band.label}"),
        glass="clear",
        label=f"clear ({band.label})",
    )
    for band in (*BESSELL, *SDSS)
]

BANDS: Mapping[str, Band] = MappingProxyType({one.name: one for one in (*BESSELL, *SDSS, *OTHERS, *CALIBRATED_CLEAR)})
