"""Slack: incoming webhooks, and the two methods of its Web API that the bot uses."""

import json
from urllib.parse import parse_qs

from tests.tools.services.base import Case, HttpService, make_outgoing
from tom_grandma_facilities.transports.base import Line
from tom_grandma_facilities.transports.registry import TRANSPORTS

HOOK = "/services/T0001/B0001/sEcReTsEcReTsEcReT"
TOKEN = "xoxb-1234-5678-abcdefghijkl"
CHANNEL = "C0OBSERV"
LONGEST = 40_000


class Slack(HttpService):
    """One workspace with one channel."""

    def answer(self, method, path, headers, body):
        if path.startswith("/services/"):
            return self.webhook(path, json.loads(body))
        if headers["Authorization"] != f"Bearer {TOKEN}":
            return self.api(ok=False, error="invalid_auth")
        if path == "/api/chat.postMessage":
            return self.post(json.loads(body))
        assert headers["Content-Type"] == "application/x-www-form-urlencoded"
        return self.history({name: values[0] for name, values in parse_qs(body.decode()).items()})

    def is_submission(self, method, path):
        return "history" not in path

    def webhook(self, path, said):
        if path != HOOK:
            return 404, "text/html", "no_service"
        if set(said) != {"text"} or not said["text"] or len(said["text"]) > LONGEST:
            return 400, "text/html", "invalid_payload"
        self.keep(said["text"], None, {})
        return 200, "text/html", "ok"

    def post(self, said):
        if said["channel"] != CHANNEL:
            return self.api(ok=False, error="channel_not_found")
        if len(said["text"]) > LONGEST:
            return self.api(ok=False, error="msg_too_long")
        ts = self.keep(said["text"], said.get("thread_ts"), said.get("metadata"))
        return self.api(ok=True, channel=CHANNEL, ts=ts)

    def history(self, wanted):
        if wanted["channel"] != CHANNEL:
            return self.api(ok=False, error="channel_not_found")
        shown = [{"type": "message", "ts": ts, "text": one["text"]} for ts, one in reversed(self.taken.items())]
        if wanted.get("include_all_metadata") == "true":
            shown = [one | {"metadata": self.taken[one["ts"]]["metadata"]} for one in shown]
        return self.api(ok=True, messages=shown[: int(wanted["limit"])], has_more=False)

    def keep(self, text, thread, metadata):
        ts = f"17636400{len(self.taken):02d}.000100"
        if "*Cancelled*" in text:
            self.cancelled.append(thread or text)
        else:
            self.taken[ts] = {"text": text, "metadata": metadata}
        return ts

    def api(self, **said):
        return 200, "application/json; charset=utf-8", json.dumps(said)


def too_long(outgoing):
    return make_outgoing(note="Long. " * LONGEST)


CASES = (
    Case(
        TRANSPORTS["slack-webhook"],
        Slack,
        lambda service: Line({"mention": "U01ABCDE, S02TEAM"}, {"webhook": service.url + HOOK}),
        refused=too_long,
        refusal="invalid_payload",
        not_asked={
            "says_that_credentials_are_wrong": "The address is the secret; another one is asked in the next case.",
        },
    ),
    Case(
        TRANSPORTS["slack-webhook"],
        Slack,
        lambda service: Line({}, {"webhook": service.url + HOOK}),
        refused_line=lambda line: Line({}, {"webhook": line.get("webhook").replace("B0001", "B0002")}),
        refusal="the webhook was removed or never existed",
        not_asked={"says_that_credentials_are_wrong": "That is what this case asks in its refusal."},
        name="slack-webhook-removed",
    ),
    Case(
        TRANSPORTS["slack-bot"],
        Slack,
        lambda service: Line({"channel": CHANNEL, "api": f"{service.url}/api"}, {"token": TOKEN}),
        refused=too_long,
        refusal="msg_too_long",
        wrong_secret="token",
    ),
    Case(
        TRANSPORTS["slack-bot"],
        Slack,
        lambda service: Line({"channel": CHANNEL, "api": f"{service.url}/api"}, {"token": TOKEN}),
        refused_line=lambda line: Line({**line.settings, "channel": "C0OTHER"}, line.secret),
        refusal="there is no such channel, or the bot does not see it",
        wrong_secret="token",
        name="slack-bot-elsewhere",
    ),
)
