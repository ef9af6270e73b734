"""`run_suite`: compute the runs of a suite that have no result yet, in processes or on a cluster."""

import os
import traceback
from collections.abc import Callable
from concurrent.futures import as_completed
from dataclasses import dataclass, field

from deepbio.benchmark.compute import compute_run
from deepbio.benchmark.store import Store
from deepbio.benchmark.suite import Suite
from deepbio.devices.executor import open_executor
from deepbio.errors import DeepbioError
from deepbio.files import writable_folder

# each `fit` leaves some 20 MB of graphs behind
_RUNS_PER_PROCESS = 16


@dataclass
class Progress:
    """What a call of `run_suite` did: keys of the runs that it computed, and reasons of those that failed."""

    computed: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


def run_suite(
    suite: Suite,
    out: str | os.PathLike[str],
    *,
    workers: int = 1,
    scheduler: str | None = None,
    callback: Callable[[str], None] | None = None,
) -> Progress:
    """Compute every run that has no result in `out`.

    The runs are computed by other processes, and this process writes their results. A call that is stopped, even by
    SIGKILL, loses only the runs that were being computed; the next call goes on with what is missing. A run that fails does
    not stop the others, and the next call tries it again. Each run computes with as many threads as the suite says (one by
    default), so that its numbers depend neither on `workers` nor on the machine's number of cores.

    Args:
        suite: Suite, or a part of it, as `read_suite`, `Suite.with_seeds` and `Suite.only` return it.
        out: Folder of the results.
        workers: Number of processes on this machine; see `deepbio.devices.executor.open_executor`.
        scheduler: Address of a Dask scheduler whose workers compute the runs instead, for example `"tcp://10.0.0.1:8786"`.
            Workers need deepbio and access to the data sets, but not to `out`.
        callback: Function that is called with each event: `"done KEY"` or `"failed KEY"`.

    Returns:
        The keys of the runs that were computed, and the reasons of those that failed.

    Raises:
        DeepbioError: `out` cannot be written or another process writes to it, or the scheduler does not answer.
    """
    store, progress = Store(writable_folder(out)), Progress()
    with store.lock():
        missing = [run for run in suite.runs() if not store.has(run)]
        if not missing:
            return progress
        options = {"scheduler": scheduler, "threads": max(run.threads for run in missing)}
        with open_executor(workers, max_tasks_per_process=_RUNS_PER_PROCESS, **options) as executor:
            futures = {executor.submit(compute_run, run): run for run in missing}
            for future in as_completed(futures):
                run = futures.pop(future)
                error = future.exception()
                if error is None:
                    store.write(run, *future.result())
                    progress.computed.append(run.key)
                else:
                    expected = isinstance(error, DeepbioError)
                    progress.failed[run.key] = str(error) if expected else "".join(traceback.format_exception(error))
                    store.write_failure(run, progress.failed[run.key])
                if callback is not None:
                    callback(f"{'done' if error is None else 'failed'} {run.key}")
    return progress
