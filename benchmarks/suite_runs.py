"""What a suite promises, tried with real processes: kills, other executors, and the same numbers again.

    python benchmarks/suite_runs.py [--suite quick] [--folder runs/suite_runs] [--out benchmarks/results/suite_runs.md]

1. The suite is run once by `deepbio benchmark SUITE` with its pool of processes, and timed.
2. It is run again by a Dask LocalCluster of two processes (`--scheduler`; needs the extra `cluster`).
3. It is run a third time, killed with SIGKILL five times on the way, and started again each time. Results that were there may not
   change, and each run is computed once.

Metrics, weights and predictions of all folders must be equal to the last bit. Exits with 1 if one of this fails.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from _table import ROOT, script, table, write_page

from deepbio.benchmark import Suite, read_suite
from deepbio.benchmark.store import Store

EQUAL, KILLS = ("metrics", "weights", "dataset", "split", "predictions"), 5
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}


def start(suite: str, folder: Path, *more: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "deepbio", "benchmark", suite, "--out", str(folder), *more]
    return subprocess.Popen(command, env=ENVIRONMENT, stderr=subprocess.DEVNULL, start_new_session=True)


def finished(suite: Suite, store: Store) -> dict[str, int]:
    """Return the keys of results that exist, with the moment they were written."""
    return {run.key: store.path(run).stat().st_mtime_ns for run in suite.runs() if store.has(run)}


def by_dask(suite: str, folder: Path) -> None:
    from distributed import LocalCluster

    os.environ["PYTHONPATH"] = str(ROOT)
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        if start(suite, folder, "--scheduler", cluster.scheduler_address).wait():
            sys.exit("The suite did not run through on Dask.")


def with_kills(name: str, suite: Suite, store: Store) -> tuple[list[int], bool]:
    """Return how many results there were at each kill, and whether none of them changed later."""
    total, counts, seen = len(list(suite.runs())), [], {}
    for k in range(1, KILLS + 1):
        process = start(name, store.folder)
        while len(finished(suite, store)) < k * total // (KILLS + 1) and process.poll() is None:
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        counts.append(len(finished(suite, store)))
        seen = finished(suite, store) | seen  # the first moment of each
    if start(name, store.folder).wait():
        sys.exit("The suite did not run through after the kills.")
    now = finished(suite, store)
    return counts, all(now[key] == moment for key, moment in seen.items())


@script(__doc__, suite="quick", folder=Path("runs/suite_runs"))
def main(arguments):
    suite = read_suite(arguments.suite)
    shutil.rmtree(arguments.folder, ignore_errors=True)
    pool, dask, killed = (Store(arguments.folder / name) for name in ("pool", "dask", "killed"))
    began = time.perf_counter()
    if start(arguments.suite, pool.folder).wait():
        sys.exit("The suite did not run through.")
    seconds = time.perf_counter() - began
    by_dask(arguments.suite, dask.folder)
    counts, untouched = with_kills(arguments.suite, suite, killed)

    def differing(store: Store) -> int:
        pairs = ((pool.read(run), store.read(run)) for run in suite.runs())
        return sum(any(one.get(part) != other.get(part) for part in EQUAL) for one, other in pairs)

    rows = [
        ("one command with its pool of processes", f"{seconds:.0f} s"),
        ("runs planned", len(list(suite.runs()))),
        ("runs that differ by a Dask cluster of two processes", differing(dask)),
        ("results at each of five kills", ", ".join(map(str, counts))),
        ("results that existed are untouched", "yes" if untouched else "NO"),
        ("runs that differ after the kills", differing(killed)),
    ]
    about = "Metrics, weights and predictions are compared to the last bit. Other work ran on the machine."
    write_page(arguments, "Suites: killed, on a cluster, repeated", about, table(("what", "found"), rows))
    sys.exit(not untouched or differing(dask) + differing(killed) > 0)
