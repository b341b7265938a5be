"""Who sends VOEvents and what theirs mean: one row for each kind of packet, one for each sender.

Types of packets: https://gcn.nasa.gov/docs/notices/archive and https://gcn.gsfc.nasa.gov/filtering.html. Containment of
error radii: pages of the missions below https://gcn.gsfc.nasa.gov and https://gcn.nasa.gov/missions, see
docs/science/alerts.md. None stands for a sender who does not say.
"""

from __future__ import annotations

from dataclasses import dataclass

from .base import SourceKind, Status

GW, GRB, NEUTRINO, XRAY, OPTICAL, OTHER = (
    SourceKind.GW,
    SourceKind.GRB,
    SourceKind.NEUTRINO,
    SourceKind.XRAY,
    SourceKind.OPTICAL,
    SourceKind.OTHER,
)


@dataclass(frozen=True)
class Sender:
    """An instrument or network whose event ids are unique among themselves.

    Attributes
    ----------
    source : str
        Name as pages show it.
    namespace : str
        See `Notice.namespace`.
    kind : SourceKind
        What it detects.
    id_params : tuple of str
        Parameters that name the event; all of them, joined by ``_``, for detectors that count runs and events.
    containment : float or None
        Probability that the source lies within the error radius.
    radius_param : str
        Parameter with the error radius [deg], where it is not in ``Error2Radius``.
    """

    source: str
    namespace: str
    kind: SourceKind
    id_params: tuple[str, ...] = ("TrigID",)
    containment: float | None = None
    radius_param: str = ""


@dataclass(frozen=True)
class PacketType:
    """One kind of packet: its name in GCN, its sender, and where it stands in the life of an event.

    What does not open an event (a slew asked for by people, say) only adds to one that is known.
    """

    name: str
    sender: Sender
    status: Status = Status.INITIAL
    opens_event: bool = True


_RUN_EVENT = ("run_id", "event_id")

LVK = Sender("LVK", "lvk", GW, ("GraceID",))
SWIFT = Sender("Swift", "swift", GRB, containment=0.9)
SWIFT_TARGET = Sender("Swift", "swift", OTHER)
GBM = Sender("Fermi", "fermi-gbm", GRB, ("TrigID", "Trans_Num"), containment=0.683)
LAT = Sender("Fermi", "fermi-lat", GRB, containment=0.683)
LAT_MONITOR = Sender("Fermi", "fermi-lat", OTHER)
INTEGRAL = Sender("INTEGRAL", "integral", GRB, containment=0.9)
AGILE = Sender("AGILE", "agile", GRB)
CALET = Sender("CALET", "calet", GRB)
KONUS = Sender("KONUS", "konus", GRB)
IPN = Sender("IPN", "ipn", GRB)
GECAM = Sender("GECAM", "gecam", GRB, ("Trigger_Number",), 0.683)
MAXI = Sender("MAXI", "maxi", XRAY, containment=0.9)
COUNTERPART = Sender("COUNTERPART", "counterpart", OTHER)
ICECUBE = Sender("IceCube", "icecube", NEUTRINO, _RUN_EVENT, 0.9)
AMON = Sender("AMON", "amon", NEUTRINO, _RUN_EVENT, 0.9)
AMON_COINCIDENCE = Sender("AMON", "amon", NEUTRINO, _RUN_EVENT, 0.5)
HAWC = Sender("AMON", "hawc", GRB, _RUN_EVENT, 0.9)
# Its Error2Radius is 0 although three radii stand in its parameters.
SUPER_K = Sender("Super-Kamiokande", "superk", NEUTRINO, (), 0.9, "Src_Error90")
SNEWS = Sender("SNEWS", "snews", NEUTRINO)
# Missions long gone, in whose packets GCN still sends tests.
TEST_BURSTS = Sender("GCN", "gcn-test", GRB)
SVOM = Sender("SVOM", "svom", GRB, ("Burst_Id",), 0.9)
KM3NET = Sender("KM3NeT", "km3net", NEUTRINO, ("Event_Name",), 0.9)
GAIA = Sender("Gaia", "gaia", OPTICAL, ("alert identifier",))

_UPDATE, _RETRACTION = Status.UPDATE, Status.RETRACTION

GCN_PACKETS: dict[int, PacketType] = {
    2: PacketType("TEST_COORDS", TEST_BURSTS),
    31: PacketType("IPN_RAW", IPN),
    32: PacketType("IPN_SEG", IPN, _UPDATE),
    39: PacketType("IPN_POS", IPN, _UPDATE),
    44: PacketType("HETE_TEST", TEST_BURSTS),
    45: PacketType("GRB_CNTRPART", COUNTERPART),
    46: PacketType("SWIFT_TOO_FOM", SWIFT_TARGET, opens_event=False),
    47: PacketType("SWIFT_TOO_SC_SLEW", SWIFT_TARGET, opens_event=False),
    51: PacketType("INTEGRAL_POINTDIR", INTEGRAL),
    52: PacketType("INTEGRAL_SPIACS", INTEGRAL),
    53: PacketType("INTEGRAL_WAKEUP", INTEGRAL),
    54: PacketType("INTEGRAL_REFINED", INTEGRAL, _UPDATE),
    55: PacketType("INTEGRAL_OFFLINE", INTEGRAL, _UPDATE),
    56: PacketType("INTEGRAL_WEAK", INTEGRAL),
    59: PacketType("KONUS_LC", KONUS),
    60: PacketType("SWIFT_BAT_GRB_ALERT", SWIFT),
    61: PacketType("SWIFT_BAT_GRB_POS_ACK", SWIFT),
    62: PacketType("SWIFT_BAT_GRB_POS_NACK", SWIFT),
    63: PacketType("SWIFT_BAT_GRB_LC", SWIFT, _UPDATE),
    64: PacketType("SWIFT_BAT_SCALEDMAP", SWIFT),
    65: PacketType("SWIFT_FOM_OBS", SWIFT),
    66: PacketType("SWIFT_SC_SLEW", SWIFT),
    67: PacketType("SWIFT_XRT_POSITION", SWIFT, _UPDATE),
    68: PacketType("SWIFT_XRT_SPECTRUM", SWIFT),
    69: PacketType("SWIFT_XRT_IMAGE", SWIFT),
    70: PacketType("SWIFT_XRT_LC", SWIFT),
    71: PacketType("SWIFT_XRT_CENTROID", SWIFT),
    72: PacketType("SWIFT_UVOT_DBURST", SWIFT),
    73: PacketType("SWIFT_UVOT_FCHART", SWIFT),
    76: PacketType("SWIFT_BAT_GRB_LC_PROC", SWIFT, _UPDATE),
    77: PacketType("SWIFT_XRT_SPECTRUM_PROC", SWIFT),
    78: PacketType("SWIFT_XRT_IMAGE_PROC", SWIFT),
    79: PacketType("SWIFT_UVOT_DBURST_PROC", SWIFT),
    80: PacketType("SWIFT_UVOT_FCHART_PROC", SWIFT),
    81: PacketType("SWIFT_UVOT_POS", SWIFT, _UPDATE),
    82: PacketType("SWIFT_BAT_GRB_POS_TEST", SWIFT),
    83: PacketType("SWIFT_POINTDIR", SWIFT),
    84: PacketType("SWIFT_BAT_TRANS", SWIFT, _UPDATE),
    89: PacketType("SWIFT_UVOT_POS_NACK", SWIFT),
    97: PacketType("SWIFT_BAT_QL_POS", SWIFT),
    98: PacketType("SWIFT_BAT_SUB_THRESHOLD", SWIFT),
    99: PacketType("SWIFT_BAT_SLEW_POS", SWIFT),
    100: PacketType("AGILE_GRB_WAKEUP", AGILE),
    101: PacketType("AGILE_GRB_GROUND", AGILE, _UPDATE),
    102: PacketType("AGILE_GRB_REFINED", AGILE, _UPDATE),
    103: PacketType("SWIFT_ACTUAL_POINTDIR", SWIFT),
    105: PacketType("AGILE_MCAL_ALERT", AGILE),
    109: PacketType("AGILE_GRB_POS_TEST", AGILE),
    110: PacketType("FERMI_GBM_ALERT", GBM),
    111: PacketType("FERMI_GBM_FLT_POS", GBM),
    112: PacketType("FERMI_GBM_GND_POS", GBM, _UPDATE),
    115: PacketType("FERMI_GBM_FIN_POS", GBM, _UPDATE),
    119: PacketType("FERMI_GBM_POS_TEST", GBM),
    120: PacketType("FERMI_LAT_POS_INI", LAT),
    121: PacketType("FERMI_LAT_POS_UPD", LAT, _UPDATE),
    123: PacketType("FERMI_LAT_TRANS", LAT),
    124: PacketType("FERMI_LAT_POS_TEST", LAT),
    125: PacketType("FERMI_LAT_MONITOR", LAT_MONITOR),
    127: PacketType("FERMI_LAT_GND", LAT, _UPDATE),
    128: PacketType("FERMI_LAT_OFFLINE", LAT, _UPDATE),
    129: PacketType("FERMI_POINTDIR", GBM),
    131: PacketType("FERMI_GBM_SUBTHRESH", GBM),
    134: PacketType("MAXI_UNKNOWN", MAXI),
    135: PacketType("MAXI_KNOWN", MAXI),
    136: PacketType("MAXI_TEST", MAXI),
    149: PacketType("SNEWS", SNEWS),
    150: PacketType("LVC_PRELIMINARY", LVK, Status.PRELIMINARY),
    151: PacketType("LVC_INITIAL", LVK),
    152: PacketType("LVC_UPDATE", LVK, _UPDATE),
    157: PacketType("AMON_ICECUBE_COINC", AMON),
    158: PacketType("AMON_ICECUBE_HESE", ICECUBE),
    159: PacketType("TYPE_159", AMON),
    160: PacketType("CALET_GBM_FLT_LC", CALET),
    161: PacketType("CALET_GBM_GND_LC", CALET),
    163: PacketType("LVC_EARLY_WARNING", LVK, Status.EARLYWARNING),
    164: PacketType("LVC_RETRACTION", LVK, _RETRACTION),
    166: PacketType("AMON_ICECUBE_CLUSTER", ICECUBE),
    169: PacketType("AMON_ICECUBE_EHE", ICECUBE),
    171: PacketType("HAWC_BURST_MONITOR", HAWC),
    172: PacketType("AMON_NU_EM_COINC", AMON_COINCIDENCE),
    173: PacketType("ICECUBE_ASTROTRACK_GOLD", ICECUBE),
    174: PacketType("ICECUBE_ASTROTRACK_BRONZE", ICECUBE),
    175: PacketType("SK_SN", SUPER_K),
    176: PacketType("ICECUBE_CASCADE", ICECUBE),
    188: PacketType("GECAM_FLT", GECAM),
    189: PacketType("GECAM_GND", GECAM, _UPDATE),
}

SVOM_PACKETS: dict[int, PacketType] = {
    201: PacketType("SVOM_grm-trigger", SVOM),
    202: PacketType("SVOM_eclairs-wakeup", SVOM),
    203: PacketType("SVOM_eclairs-catalog", SVOM),
    204: PacketType("SVOM_slewing", SVOM, _UPDATE),
    205: PacketType("SVOM_not-slewing", SVOM, _UPDATE),
    209: PacketType("SVOM_mxt-initial", SVOM),
    210: PacketType("SVOM_mxt-update", SVOM, _UPDATE),
    219: PacketType("SVOM_retraction", SVOM, _RETRACTION),
}

# By the authority in the packet's name, for those who number their packets themselves or not at all.
AUTHORITIES: dict[str, dict[int, PacketType]] = {
    "nasa.gsfc.gcn": GCN_PACKETS,
    "gwnet": GCN_PACKETS,
    "org.svom": SVOM_PACKETS,
}
OTHERS: dict[str, PacketType] = {
    "km3net_neutrino": PacketType("KM3NET_VOEVENT", KM3NET),
    "gaia.cam.uk": PacketType("GAIA_ALERT", GAIA),
}
