"""Background work: who runs it, who watches the runners, and what is done about those that die.

``watchdog`` runs one django-q2 cluster and restarts it when it dies or stands still; ``models`` holds its heartbeat
and which task is in whose hands; ``sweeps`` brings back work whose worker died; ``parent`` ties a process to its
parent's life; ``supervisor`` starts and stops the processes of ``./run``. The queue library itself is known to
``icare_tom.tasks`` only.
"""
