"""Who changed what, when and from where.

``watched``   the table of models whose changes are written down, and of those that are not, with the reason
``triggers``  puts the table into force: PostgreSQL writes an entry for every statement that changes such rows
``origin``    tells PostgreSQL who is writing: it travels in front of each writing statement, and costs no query
``models``    the entries, which nobody can change; ``retention`` lets go of what is too old
``reading``   who may read what changed about an object, and in which words

Triggers and not signals of Django, because signals are silent when rows are written in bulk, by a query or by hand.
"""
