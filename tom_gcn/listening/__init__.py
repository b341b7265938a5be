"""Listening to Hopskotch and GCN Kafka: store each message, then acknowledge it; the workers read it.

``clusters``   who we are and where, from the settings
``topics``     which topics of a cluster are read
``streams``    an open stream of messages: the only module that knows hop-client
``listener``   the loop: lock, open, store, acknowledge, and start over after any failure
``pulse``      beside the loop: signs of life, lag, new topics
``offload``    fetches the content of messages that are too large for the broker
``drill_broker``  a broker for drills and tests, inside a process of ours
``states``     what health page and warning banner say

``streams`` and ``offload`` know no rows; ``listener`` and ``pulse`` use both.
"""
