"""Ask a database of known weaknesses about the packages we use: audit.py PIP_AUDIT REQUIREMENTS.

Exit 0: none is known. 1: some are, and pip-audit lists them. 3: no database could be asked, so nothing is known.
"""

import json
import subprocess
import sys
from urllib.error import URLError
from urllib.request import Request, urlopen

# An old version with known weaknesses: whoever knows nothing of it is a mirror of packages and no such database.
QUESTION = b'{"package": {"name": "django", "ecosystem": "PyPI"}, "version": "3.0"}'
SERVICES = {
    "pypi": Request("https://pypi.org/pypi/django/3.0/json"),
    "osv": Request("https://api.osv.dev/v1/query", data=QUESTION),
}
WITHIN_S = 10
NOTHING_KNOWN = 3
ADVICE = """
Nothing is known about weaknesses: no database of them could be asked.
{tried}
Run it on a machine that reaches pypi.org or api.osv.dev, behind a proxy with HTTPS_PROXY=http://proxy:port make audit;
a mirror of packages alone does not tell of weaknesses."""


def answers(request: Request) -> str:
    """Why a database cannot be asked; empty when it can."""
    try:
        with urlopen(request, timeout=WITHIN_S) as answer:  # noqa: S310 the addresses above
            told = json.load(answer)
    except (URLError, OSError, ValueError) as error:
        return str(getattr(error, "reason", error))
    return "" if told.get("vulnerabilities") or told.get("vulns") else "it knows of no weaknesses"


def main(pip_audit: str, requirements: str) -> int:
    """Ask the first database that answers."""
    tried = []
    for name, request in SERVICES.items():
        if why := answers(request):
            tried.append(f"  {request.full_url}: {why}")
            continue
        command = [pip_audit, "--strict", "--disable-pip", "--no-deps", "-s", name, "-r", requirements]
        return subprocess.run(command, check=False).returncode
    sys.stderr.write(ADVICE.format(tried="\n".join(tried)) + "\n")
    return NOTHING_KNOWN


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
