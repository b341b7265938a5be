"""Signing in through others: the network's identity service, ORCID, Slack, eduGAIN.

Somebody is who they are by (provider, subject), never by an e-mail. `adapter` holds the rules that are the same for all
providers; `openid` (OpenID Connect) and `saml` are Django apps in the place of allauth's own, stricter where those
believe too much. Which providers there are is a matter of settings alone, see ``settings/sign_in.py``.
"""
