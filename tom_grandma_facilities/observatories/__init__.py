"""Observatories beside the network that are asked through services of their own.

One module each, declaring ``TELESCOPE``. They are asked for single targets and are no part of plans: only what requests
need is declared, with its source. Pure values, as in ``telescopes``; a new one is a new module, which ``registry``
finds by itself.
"""
