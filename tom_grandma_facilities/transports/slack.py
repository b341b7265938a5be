"""Messages in a Slack channel, by an incoming webhook or by a bot.

Both are documented at docs.slack.dev: "Sending messages using incoming webhooks", `chat.postMessage`,
`conversations.history` and "Message metadata". A webhook takes a text and says "ok": it gives no name back, and a
message that may have been posted cannot be looked for. The bot can: it puts our key into the metadata of the message
and finds it there again (scopes chat:write, channels:history or groups:history; the bot must be in the channel).
"""

from __future__ import annotations

import re
from typing import Any

from tom_grandma_facilities.transports.base import Down, Line, Outgoing, Refused, Repeat, Sent, Setting, Transport
from tom_grandma_facilities.transports.guarded import Answer
from tom_grandma_facilities.transports.message import as_text, subject
from tom_grandma_facilities.transports.web import call, read_json

_API = "https://slack.com/api"
_EVENT_TYPE = "follow_up_request"
# Answers of the Web API that mean: not now (docs.slack.dev, errors of chat.postMessage).
_NOT_NOW = {"ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"}
_NOT_TAKEN = {"ratelimited", "rate_limited", "service_unavailable"}
_LOOKED_AT = 200
_MENTION = Setting(
    "mention",
    "Who is called",
    help="Slack's own ids of members (U…, W…) or user groups (S…), separated by commas; they are notified.",
)


class SlackWebhook(Transport):
    """A message through an incoming webhook."""

    name = "slack-webhook"
    label = "Slack (webhook)"
    about = "A message in the one channel that the webhook was made for."
    settings = (
        Setting("webhook", "Address of the webhook", required=True, secret=True, help="https://hooks.slack.com/…"),
        _MENTION,
    )
    can_cancel = True
    reaches_people = True
    takes_pointings = True

    def _submit(self, outgoing: Outgoing, line: Line) -> Sent:
        return self._post(outgoing.key, _request_text(outgoing, line), line)

    def _cancel(self, external_id: str, line: Line, outgoing: Outgoing | None) -> Sent:
        return self._post(external_id, _cancel_text(external_id, outgoing, line), line)

    def _post(self, key: str, text: str, line: Line) -> Sent:
        answer = call("POST", line.get("webhook"), json={"text": text}, says=lambda one: _explained(one.text.strip()))
        if answer.text.strip() != "ok":
            raise Down(f"Slack did not say ok but: {answer.text[:200]}", True, answer.status, answer.text)
        return Sent(key, text, answer.text, answer.status)


class SlackBot(Transport):
    """A message by a bot, which finds its own messages again."""

    name = "slack-bot"
    label = "Slack (bot)"
    about = "A message in a channel the bot is in; a cancellation answers it in its thread."
    settings = (
        Setting("channel", "Channel", required=True, help="Slack's own id of the channel: C…, or G… when private."),
        Setting("token", "Bot token", required=True, secret=True, help="xoxb-…"),
        _MENTION,
        Setting("api", "Address of the API", help=f"Empty: {_API}"),
    )
    can_cancel = True
    reaches_people = True
    takes_pointings = True

    def repeat(self, line: Line) -> Repeat:
        """Return that messages are looked for by their metadata."""
        return Repeat.FIND

    def _submit(self, outgoing: Outgoing, line: Line) -> Sent:
        text = _request_text(outgoing, line)
        message = {
            "channel": line.get("channel"),
            "text": text,
            "unfurl_links": False,
            "metadata": {"event_type": _EVENT_TYPE, "event_payload": {"key": outgoing.key}},
        }
        said, answer = self._call("chat.postMessage", line, json=message, changes=True)
        return Sent(str(said["ts"]), text, answer.text, answer.status)

    def _cancel(self, external_id: str, line: Line, outgoing: Outgoing | None) -> Sent:
        text = _cancel_text(external_id, outgoing, line)
        message = {
            "channel": line.get("channel"),
            "text": text,
            "thread_ts": external_id,
            "reply_broadcast": True,
            "unfurl_links": False,
        }
        _, answer = self._call("chat.postMessage", line, json=message, changes=True)
        return Sent(external_id, text, answer.text, answer.status)

    def _find(self, key: str, line: Line) -> str | None:
        # Methods that read take forms; only those that write take JSON as well.
        wanted = {"channel": line.get("channel"), "limit": str(_LOOKED_AT), "include_all_metadata": "true"}
        said, _ = self._call("conversations.history", line, form=wanted, changes=False)
        for message in said.get("messages") or ():
            metadata = message.get("metadata") or {}
            if metadata.get("event_type") == _EVENT_TYPE and metadata.get("event_payload", {}).get("key") == key:
                return str(message["ts"])
        return None

    def _call(self, method: str, line: Line, **content: Any) -> tuple[dict[str, Any], Answer]:
        url = f"{line.get('api', _API).rstrip('/')}/{method}"
        answer = call("POST", url, headers={"Authorization": f"Bearer {line.get('token')}"}, **content)
        said = read_json(answer)
        if not isinstance(said, dict) or said.get("ok") is not True:
            raise _refusal(str(said.get("error", "")) if isinstance(said, dict) else "", answer)
        return said, answer


def _refusal(error: str, answer: Answer) -> Exception:
    if error in _NOT_NOW:
        maybe_sent = error not in _NOT_TAKEN
        return Down(f"Slack is out of order ({error}).", maybe_sent, answer.status, answer.text)
    return Refused(f"Slack refuses: {_explained(error or answer.text[:200])}", answer.status, answer.text)


def _explained(error: str) -> str:
    words = {
        "invalid_auth": "the token is not valid",
        "token_revoked": "the token was revoked",
        "account_inactive": "the bot's account was removed",
        "channel_not_found": "there is no such channel, or the bot does not see it",
        "not_in_channel": "the bot must be invited to the channel first",
        "is_archived": "the channel is archived",
        "channel_is_archived": "the channel is archived",
        "no_service": "the webhook was removed or never existed",
        "invalid_token": "the webhook's address is not valid",
        "action_prohibited": "an administrator of the workspace does not allow it",
        "missing_scope": "the token lacks a scope",
    }
    return f"{words[error]} ({error})" if error in words else error or "no reason given"


def _request_text(outgoing: Outgoing, line: Line) -> str:
    return "\n".join([*_called(line), f"*{_escaped(subject(outgoing))}*", _escaped(as_text(outgoing))])


def _cancel_text(external_id: str, outgoing: Outgoing | None, line: Line) -> str:
    about = f"{outgoing.telescope}: {outgoing.target_name}, request {outgoing.key}" if outgoing else external_id
    return "\n".join([*_called(line), f"*Cancelled*, please do not observe any more: {_escaped(about)}"])


def _called(line: Line) -> list[str]:
    """Whom the message calls by name; only ids get through, so that nobody calls a whole channel from a setting."""
    ids = re.findall(r"\b[UWS][A-Z0-9]{2,}\b", line.get("mention"))
    words = [f"<!subteam^{one}>" if one.startswith("S") else f"<@{one}>" for one in ids]
    return [" ".join(words)] if words else []


def _escaped(text: str) -> str:
    """Hide Slack's three control characters ("Formatting text for app surfaces"): no target's name calls anybody."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


TRANSPORTS = (SlackWebhook(), SlackBot())
