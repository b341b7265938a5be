"""``watchdog_of_tests.py DATABASE PARENT``: what ``manage.py worker fast`` runs, on the tests' database."""

import logging
import os
import sys
from pathlib import Path

import django

if __name__ == "__main__":
    database, parent = sys.argv[1], int(sys.argv[2])
    sys.path[:0] = [str(Path(__file__).resolve().parents[2]), str(Path(__file__).resolve().parent)]
    os.environ["DJANGO_SETTINGS_MODULE"] = "icare_tom.settings.test"
    django.setup()
    # Who is what is read from there.
    logging.getLogger("django-q").setLevel(logging.INFO)

    from django.db import connection

    connection.settings_dict["NAME"] = database

    from icare_tom.workers.parent import die_with_parent
    from icare_tom.workers.watchdog import Watchdog

    die_with_parent(parent)
    Watchdog().run()
