"""What the network does and how far it goes: alerts, plans, observations, photometry, ways to telescopes, relations."""

import os
from typing import Any

from icare_tom.settings.queue import ALERTS

# --- alerts and plans -------------------------------------------------------------------------------------------
# What one message may weigh: GCN allows 4 MiB, Hopskotch offloads above 1 MB; a combined map doubles it.
ICARE_MAX_MESSAGE_BYTES = 32 * 1024 * 1024
ICARE_PLAN_HOURS = 24.0
# What plans asked for on the site use where nothing else is chosen: there are people behind telescopes, and crumbs are
# not worth asking them. `plan --fits` keeps the planner's own defaults, which go for coverage.
ICARE_PLAN_OPTIONS = {"min_new_probability": 1e-4, "min_share_of_best": 2e-3}
# From the making of a plan to its first exposure at the earliest.
ICARE_PLAN_LEAD_MINUTES = 2.0
# A telescope that opens again joins the plans once it has been open so long.
ICARE_PLAN_SETTLED_S = 120.0
ICARE_PLAN_MAX_STARTS = 5
# What an engine of others may take, in a process of its own.
ICARE_ENGINE_TIME_LIMIT_S = 900.0
ICARE_ENGINE_MEMORY_MB = 3000
# Messages are read before everything else that waits.
ICARE_ALERT_QUEUE = ALERTS
# Called by every worker before its first task: what takes long the first time.
ICARE_WARM_UPS = ["tom_gcn.tasks.warm_up"]
# Called every few seconds by the watchdog: bring back work whose worker died.
ICARE_SWEEPS = [
    "tom_gcn.tasks.recover",
    "tom_gcn.tasks.hand_out_skymap_fetches",
    "tom_grandma_facilities.tasks.recover",
    "tom_photvalidation.tasks.recover",
    "tom_grandma_facilities.tasks.mind_requests",
    "icare_tom.members.tasks.end_expired",
    "icare_tom.audit.tasks.prune_daily",
    "icare_tom.members.tasks.load_institutions_daily",
]
# Sky maps that notices name by address are fetched from these hosts only, never from addresses inside our network.
ICARE_SKYMAP_HOSTS = [
    "gracedb.ligo.org",
    "gcn.gsfc.nasa.gov",
    "gcn.nasa.gov",
    "heasarc.gsfc.nasa.gov",
    "roc.icecube.wisc.edu",
]
ICARE_SKYMAP_PORTS = [80, 443]
ICARE_SKYMAP_PRIVATE_ADDRESSES = False
ICARE_SKYMAP_FETCH_S = 60.0
ICARE_MAX_SKYMAP_BYTES = 64 * 1024 * 1024

# Instruments as Treasure Map numbers or names them (its list: treasuremap.space), by the name of our telescope.
ICARE_TREASURE_MAP_INSTRUMENTS: dict[str, int | str] = {"ZTF": 47}

# --- executed observations ----------------------------------------------------------------------------------------
# Files with more rows are recorded in the background: the sender is told where to see how far it is.
ICARE_UPLOAD_ROWS_AT_ONCE = 2000
ICARE_UPLOAD_MAX_STARTS = 5
# Telescopes by the numbers that instruments had in the SkyPortal which scripts were written for.
ICARE_SKYPORTAL_INSTRUMENTS: dict[int, str] = {}
# Groups by the numbers they had there.
ICARE_SKYPORTAL_GROUPS: dict[int, str] = {}

# --- finding charts -----------------------------------------------------------------------------------------------
# Who cuts out pictures of surveys (hips2fits of CDS), asked only when somebody wants one, and which survey.
ICARE_SURVEY_URL = "https://alasky.cds.unistra.fr/hips-image-services/hips2fits"
ICARE_SURVEY = "CDS/P/DSS2/color"

# --- photometry -----------------------------------------------------------------------------------------------------
# Bodies with more rows are recorded in the background: the sender is told where to see how far it is.
ICARE_PHOTOMETRY_ROWS_AT_ONCE = 50_000
# Points of bodies with more rows are compared with their light curves after they are stored.
ICARE_PHOTOMETRY_CURVES_AT_ONCE = 1_000
# A folder with the two dust maps of Schlegel, Finkbeiner & Davis; without it light curves are not corrected for dust.
ICARE_SFD_MAPS = os.environ.get("ICARE_SFD_MAPS", "")

# --- ways to the telescopes ---------------------------------------------------------------------------------------
# How long a telescope's service may take to answer, s; and hosts with private addresses that channels may lead to.
ICARE_TRANSPORT_S = 20.0
ICARE_TRANSPORT_PRIVATE_HOSTS = [
    host.strip() for host in os.environ.get("ICARE_TRANSPORT_PRIVATE_HOSTS", "").split(",") if host.strip()
]

# Where this site is reached from outside: it stands in the links that telescope teams get.
ICARE_SITE_URL = os.environ.get("ICARE_SITE_URL", "http://localhost:8000")
# How often telescopes that can be asked how far a request is are asked, s.
ICARE_REQUEST_STATUS_EVERY_S = 300.0
# Who hears of requests that nobody answered, beside whoever asked: addresses, and a Slack webhook.
ICARE_ESCALATION_EMAILS = [
    one.strip() for one in os.environ.get("ICARE_ESCALATION_EMAILS", "").split(",") if one.strip()
]
ICARE_ESCALATION_SLACK_WEBHOOK = os.environ.get("ICARE_ESCALATION_SLACK_WEBHOOK", "")

# --- what belongs together ----------------------------------------------------------------------------------------
# Events before a target was first seen that its page shows, days.
ICARE_MEMBERSHIP_DAYS = 30
# An error circle up to this radius (90 %) makes a target by itself, arcmin.
ICARE_TARGET_RADIUS_ARCMIN = 12.0
# Which kinds of events are compared, and when the second comes after the first, s (docs/science/membership.md).
ICARE_COINCIDENCES: list[dict[str, Any]] = [
    {"first": "gw", "second": "grb", "group": "CBC", "before_s": 1, "after_s": 5},
    {"first": "gw", "second": "grb", "group": "Burst", "before_s": 60, "after_s": 600},
    {"first": "gw", "second": "neutrino", "before_s": 500, "after_s": 500},
    {"first": "gw", "second": "xray", "before_s": 60, "after_s": 86400},
    {"first": "gw", "second": "frb", "before_s": 600, "after_s": 7200},
    {"first": "grb", "second": "grb", "before_s": 60, "after_s": 60},
    {"first": "grb", "second": "neutrino", "before_s": 500, "after_s": 500},
    {"first": "grb", "second": "xray", "before_s": 600, "after_s": 86400},
    {"first": "neutrino", "second": "xray", "before_s": 86400, "after_s": 86400},
    {"first": "xray", "second": "xray", "before_s": 600, "after_s": 600},
]
# How many events of a kind are announced a year, for the rate of chance pairs (docs/science/membership.md); kinds
# nobody has counted are left out.
ICARE_EVENTS_PER_YEAR: dict[str, float] = {"gw": 122, "grb": 325, "neutrino": 30}
# Maps that overlap less than this exclude each other; 1 is chance.
ICARE_COINCIDENCE_MIN_OVERLAP = 0.1
