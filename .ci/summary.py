"""Adds up what several runs of pytest wrote with --junitxml: what failed by name, and one line with all counts."""

import sys
from pathlib import Path
from xml.etree import ElementTree

KINDS = {"failure": "failed", "error": "errors", "skipped": "skipped"}


def main(paths: list[str]) -> None:
    """Write the summary of the files to standard output."""
    counts = dict.fromkeys(("failed", "errors", "passed", "skipped"), 0)
    seconds, wrong = 0.0, []
    for path in map(Path, paths):
        if not path.exists():
            wrong.append(f"ERROR the part {path.stem} ended before it had written its results")
            counts["errors"] += 1
            continue
        for suite in ElementTree.parse(path).iter("testsuite"):  # noqa: S314  written by our own pytest
            seconds += float(suite.get("time", 0))
        for case in ElementTree.parse(path).iter("testcase"):  # noqa: S314
            kind = next((KINDS[part.tag] for part in case if part.tag in KINDS), "passed")
            counts[kind] += 1
            if kind in {"failed", "errors"}:
                wrong.append(f"{kind.upper()} {case.get('classname')}::{case.get('name')}")
    told = ", ".join(f"{number} {kind}" for kind, number in counts.items() if number) or "no tests ran"
    heading = ["\nOf all parts:"] if wrong else []
    last = f"\n==== {told} in {seconds:.0f} s, in {len(paths)} parts ====\n"
    sys.stdout.write("\n".join([*heading, *wrong, last]))


if __name__ == "__main__":
    main(sys.argv[1:])
