"""What a suite promises, tried with real processes: time, kills, sharing, and the same numbers again.

    python benchmarks/suite_runs.py [--suite quick] [--folder runs/suite_runs] [--out benchmarks/results/suite_runs.md]

1. The suite is run once, as `deepbio benchmark SUITE` does it, and timed.
2. It is run again into another folder by two such commands at once, one process each. When a third of it is done, both are killed
   with SIGKILL; what stands on disk is noted. Two commands are started again and end.
3. Every run must have been computed once: before the kill or after it, by one of the two, and no result that stood may have
   changed. Metrics, weights and predictions of both folders must be equal to the last bit.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from deepbio.benchmark import Suite, read_suite
from deepbio.benchmark.store import Store

ROOT = Path(__file__).resolve().parents[1]
EQUAL = ("metrics", "weights", "dataset", "split", "predictions")


def start(suite: str, folder: Path, *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "deepbio", "benchmark", suite, "--out", str(folder), *options]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, env=environment, text=True, stderr=subprocess.PIPE, start_new_session=True)


def done(stderr: str) -> list[str]:
    return [line.split()[-1] for line in stderr.splitlines() if " done " in line and "/" in line]


def finished(suite: Suite, store: Store) -> dict[str, int]:
    """Return the keys of results that stand, with the moment they were written."""
    return {cell.key: store.place(cell).stat().st_mtime_ns for cell in suite.cells() if store.has(cell)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--suite", default="quick")
    parser.add_argument("--folder", type=Path, default=Path("runs/suite_runs"))
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    suite = read_suite(arguments.suite)
    cells = [cell.key for cell in suite.cells()]
    shutil.rmtree(arguments.folder, ignore_errors=True)
    whole, shared = (Store(arguments.folder / name) for name in ("whole", "shared"))

    began = time.perf_counter()
    if start(arguments.suite, whole.folder).wait():
        raise SystemExit("The suite did not run through.")
    seconds = time.perf_counter() - began

    first = [start(arguments.suite, shared.folder, "--jobs", "1") for _ in range(2)]
    while len(finished(suite, shared)) < len(cells) // 3:
        time.sleep(0.05)
    for process in first:
        os.killpg(process.pid, signal.SIGKILL)
    before = [done(process.communicate()[1]) for process in first]
    time.sleep(3)  # workers end when they see that who started them is gone
    kept = finished(suite, shared)
    in_flight = len(list(shared.claims.glob("*")))
    second = [start(arguments.suite, shared.folder, "--jobs", "1") for _ in range(2)]
    after = [done(process.communicate()[1]) for process in second]

    again = sorted([*kept, *after[0], *after[1]])
    now = finished(suite, shared)
    checks = {
        "runs planned": len(cells),
        "standing after the kill of two commands": len(kept),
        "in flight when killed, done again": in_flight,
        "computed after the kill, by the first and the second command": f"{len(after[0])} and {len(after[1])}",
        "each run computed once": again == sorted(cells),
        "results that stood are untouched": all(now[key] == moment for key, moment in kept.items()),
        "told as done before the kill, and not standing": len({*before[0], *before[1]} - set(kept)),
        "runs whose metrics, weights and predictions differ between both folders": len(
            [
                cell.key
                for cell in suite.cells()
                if any(whole.read(cell).get(part) != shared.read(cell).get(part) for part in EQUAL)
            ]
        ),
    }
    text = f"""# Suites: killed, shared, repeated

`python benchmarks/suite_runs.py --suite {arguments.suite}`. The suite is run whole by one command; then by two commands at once that
share a folder, are killed with SIGKILL when a third is done, and started again.

| what | found |
|---|---|
| one command, whole | {seconds:.0f} s |
{chr(10).join(f"| {name} | {in_words(found)} |" for name, found in checks.items())}

Machine: {os.cpu_count()} cores, Python {platform.python_version()}. Other work ran on it: the seconds are an upper bound.
"""
    print(text)
    if arguments.out:
        arguments.out.write_text(text, encoding="utf-8")


def in_words(found: object) -> str:
    return {True: "yes", False: "NO"}.get(found, str(found)) if isinstance(found, bool) else str(found)


if __name__ == "__main__":
    main()
