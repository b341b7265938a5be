"""Print the path of a Chromium for the browser tests, installing Playwright's own if need be; exit 1 without one."""

import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
APPLICATIONS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
INSTALL_WITHIN_S = 300


def installed() -> str | None:
    """A browser of the system."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    return found or next((path for path in APPLICATIONS if Path(path).exists()), None)


def playwrights_own() -> str | None:
    """Playwright's browser, downloaded if the network allows; None when it is missing or cannot start here."""
    from playwright.sync_api import Error, sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
        if not Path(path).exists():
            command = [sys.executable, "-m", "playwright", "install", "chromium"]
            try:
                subprocess.run(command, stdout=sys.stderr, stderr=sys.stderr, timeout=INSTALL_WITHIN_S, check=True)
            except (subprocess.SubprocessError, OSError):
                return None
        try:
            playwright.chromium.launch(executable_path=path, args=["--no-sandbox"]).close()
        except Error:
            return None
    return path


if __name__ == "__main__":
    browser = installed() or playwrights_own()
    if browser is None:
        sys.exit(1)
    sys.stdout.write(f"{browser}\n")
