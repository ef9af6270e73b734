"""`run_suite`: compute what a suite lacks, in worker processes, beside whoever else is at it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from deepbio.benchmark.claims import PATIENCE, clear_finished, is_free
from deepbio.benchmark.store import Store
from deepbio.benchmark.suite import Cell, Suite
from deepbio.errors import DeepbioError
from deepbio.files import writable_folder

# How long a process with nothing left to claim waits before it looks whether others have finished theirs.
_WAIT = 1.0


@dataclass
class Progress:
    """What a call of `run_suite` did: keys of cells computed here, and of those that failed with the reason."""

    computed: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


def run_suite(
    suite: Suite,
    out: str | os.PathLike[str],
    *,
    source: str,
    jobs: int = 1,
    cells_a_process: int = 8,
    seeds: int | None = None,
    only: str | None = None,
    patience: float = PATIENCE,
    watch: Callable[[str], None] | None = None,
) -> Progress:
    """Compute every cell that has no result in `out`; cells at which others are at work are waited for.

    Any number of calls, on one machine or on several that share `out`, do each cell once. A call that is stopped, even by
    SIGKILL, loses the cells in flight only; the next one goes on with what is missing, failed cells among it.

    Args:
        suite: from `read_suite`.
        out: folder of the results.
        source: name or path of the suite, for the worker processes.
        jobs: processes at a time. Each cell computes with as many threads as the suite says (one), so that its numbers do
            not depend on `jobs`.
        cells_a_process: after which a process ends and another takes its place.
        seeds, only: as `Suite.with_seeds` and `Suite.only` take them; `suite` is that part already.
        patience: seconds without a sign of life after which the claim of another machine is void.
        watch: told of each event: `"start KEY"`, `"done KEY"`, `"failed KEY"`.

    Raises:
        DeepbioError: `out` cannot be written, or workers end without doing anything.
    """
    if jobs < 1 or cells_a_process < 1:
        raise DeepbioError(f"jobs and cells_a_process are at least 1; received {jobs} and {cells_a_process}.")
    store = Store(writable_folder(out))
    options = [f"--most={cells_a_process}", f"--patience={patience}", f"--parent={os.getpid()}"]
    options += [f"--seeds={seeds}"] if seeds is not None else []
    options += [f"--only={only}"] if only else []
    command = [sys.executable, "-m", "deepbio.benchmark.worker", str(Path(source)), str(store.folder), *options]
    threads = max((cell.threads for cell in suite.cells()), default=1)
    progress, lock = Progress(), threading.Lock()
    pool = [_Lane(command, threads, suite, store, patience, progress, lock, watch) for _ in range(jobs)]
    try:
        for lane in pool:
            lane.start()
        for lane in pool:
            lane.join()
    except BaseException:
        for lane in pool:
            lane.stop()
        raise
    for lane in pool:
        if lane.error is not None:
            raise lane.error
    for cell in suite.cells():
        if store.has(cell):
            clear_finished(store.claims, cell.key, patience=patience)
    return progress


class _Lane(threading.Thread):
    """One worker at a time, until nothing is missing."""

    def __init__(
        self,
        command: list[str],
        threads: int,
        suite: Suite,
        store: Store,
        patience: float,
        progress: Progress,
        lock: threading.Lock,
        watch: Callable[[str], None] | None,
    ) -> None:
        super().__init__(daemon=True)
        self.command, self.threads, self.suite, self.store, self.patience = command, threads, suite, store, patience
        self.progress, self.lock, self.watch = progress, lock, watch
        self.process: subprocess.Popen[str] | None = None
        self.stopped = False
        self.error: DeepbioError | None = None

    def run(self) -> None:
        while not self.stopped and (missing := self._missing()):
            if not any(is_free(self.store.claims, cell.key, patience=self.patience) for cell in missing):
                time.sleep(_WAIT)  # all that is missing is in other hands
                continue
            try:
                self._worker()
            except DeepbioError as error:
                self.error = error
                return

    def stop(self) -> None:
        self.stopped = True
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def _missing(self) -> list[Cell]:
        return [
            cell for cell in self.suite.cells() if cell.key not in self.progress.failed and not self.store.has(cell)
        ]

    def _worker(self) -> None:
        """Run one worker to its end."""
        count = str(self.threads)
        # a checkout that is not installed is found too, wherever the suite is started
        paths = [*filter(None, [os.environ.get("PYTHONPATH")]), str(Path(__file__).resolve().parents[2])]
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(paths),
            "TF_CPP_MIN_LOG_LEVEL": os.environ.get("TF_CPP_MIN_LOG_LEVEL", "3"),
            **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), count),
            **dict.fromkeys(("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"), count),
        }
        with self.lock:
            skip = " ".join(self.progress.failed)
        self.process = subprocess.Popen(
            self.command,
            env=environment,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        errors: list[str] = []
        at_work = ""
        with self.process as process:  # closes the pipes
            assert process.stdin is not None
            assert process.stdout is not None
            assert process.stderr is not None
            reader = threading.Thread(target=lambda pipe: errors.append(pipe.read()), args=(process.stderr,))
            reader.start()
            with contextlib.suppress(BrokenPipeError):  # it ended at once; its exit code tells
                process.stdin.write(skip)
                process.stdin.close()
            for line in process.stdout:
                event, _, key = line.strip().partition(" ")
                at_work = key if event == "start" else ""
                self._note(event, key)
            reader.join()
            code = process.wait()
        if code and not self.stopped:
            if not at_work:
                said = "\n".join("".join(errors).strip().splitlines()[-3:])
                raise DeepbioError(f"A worker ended with code {code} before it began a cell: {said}")
            cell = next(cell for cell in self.suite.cells() if cell.key == at_work)
            how = f"signal {-code}" if code < 0 else f"exit code {code}"
            self.store.write_failure(cell, f"Its process ended with {how}.\n" + "".join(errors)[-2000:])
            self._note("failed", at_work)

    def _note(self, event: str, key: str) -> None:
        with self.lock:
            if event == "done":
                self.progress.computed.append(key)
            elif event == "failed":
                cell = next(cell for cell in self.suite.cells() if cell.key == key)
                self.progress.failed[key] = self.store.failure(cell) or "unknown"
        if self.watch is not None:
            self.watch(f"{event} {key}")
