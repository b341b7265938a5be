"""Functions that bring back work whose worker died: ``settings.ICARE_SWEEPS``, called often by a watchdog."""

import logging

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.utils.module_loading import import_string

logger = logging.getLogger(__name__)


def run_sweeps() -> None:
    """Call every registered sweep; one that fails is reported and does not keep the others from running."""
    for path in settings.ICARE_SWEEPS:
        try:
            import_string(path)()
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            # Whatever is wrong with one sweep, the watchdog must live on.
            logger.exception("The sweep %s failed", path)
