"""One module per telescope, each declaring ``TELESCOPE`` with the source of every number.

Pure values: no module here imports Django. A new telescope is a new module; ``registry`` finds it by itself.
"""
