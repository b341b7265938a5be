"""What listens to signals listens in every process: tests import more than a web server does."""

import re
import subprocess
import sys
from pathlib import Path

APPS = ("icare_tom", "tom_gcn", "tom_grandma_facilities", "tom_photvalidation")
# They hear only what workers say of their own tasks, and workers begin by importing them.
ONLY_IN_WORKERS = {"icare_tom.tasks"}
SET_UP = """
import sys, django
django.setup()
print(*sys.modules, sep="\\n")
"""


def test_every_module_that_listens_is_there_when_a_server_has_started():
    root = Path(__file__).parents[2]
    listening = {
        ".".join(path.relative_to(root).with_suffix("").parts)
        for app in APPS
        for path in (root / app).rglob("*.py")
        if re.search(r"^@receiver\(", path.read_text(), re.MULTILINE)
    }
    ran = subprocess.run([sys.executable, "-c", SET_UP], cwd=root, capture_output=True, text=True, check=True)
    assert "icare_tom.members.tasks" in listening
    assert listening - ONLY_IN_WORKERS - set(ran.stdout.split()) == set()
