"""Where else an event can be read about: GraceDB, GCN's archives, SVOM, and what its notices name."""

from collections.abc import Iterable
from urllib.parse import quote, urlencode

from tom_gcn.models import Event, Notice

GRACEDB = "https://gracedb.ligo.org/superevents/{}/view/"
CIRCULARS = "https://gcn.nasa.gov/circulars?{}"
SVOM_ALERTS = "https://fsc.svom.org/alerts"
# Pages of GCN that gather all notices of a trigger.
TRIGGERS = {
    "swift": ("Notices of this trigger", "https://gcn.gsfc.nasa.gov/other/{}.swift"),
    "fermi-gbm": ("Notices of this trigger", "https://gcn.gsfc.nasa.gov/other/{}.fermi"),
}
MOST_NAMED = 8


def links_of(event: Event, notices: Iterable[Notice]) -> list[tuple[str, str]]:
    """Words and addresses, each address once; those of notices are http or https by their reading."""
    named = {name: url for notice in notices for name, url in notice.urls.items()}
    links = [*_known(event), *((_words(name), url) for name, url in list(named.items())[:MOST_NAMED])]
    return list({url.rstrip("/"): (words, url) for words, url in reversed(links)}.values())[::-1]


def _known(event: Event) -> list[tuple[str, str]]:
    links = []
    if event.namespace == "lvk" and not event.is_drill:
        links.append(("GraceDB", GRACEDB.format(quote(event.event_id, safe=""))))
    name = event.drill_of or event.display_name or event.name
    links.append(("Circulars at GCN", CIRCULARS.format(urlencode({"query": name}))))
    if event.namespace in TRIGGERS and event.event_id.isdigit():
        words, address = TRIGGERS[event.namespace]
        links.append((words, address.format(event.event_id)))
    if event.namespace == "svom":
        links.append(("Alerts at SVOM", SVOM_ALERTS))
    return links


def _words(name: str) -> str:
    if name == "gracedb":
        return "GraceDB"
    words = name.replace("_", " ").replace("-", " ")[:40]
    return words.removesuffix(" URL").removesuffix(" url") or words
