"""Executors: independent tasks in processes of this machine, or on a Dask cluster of many machines."""

import contextlib
import functools
import multiprocessing
import os
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

from deepbio.errors import DeepbioError
from deepbio.optional import require

_THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
)
_CONNECT_SECONDS = 30


@contextlib.contextmanager
def open_executor(
    workers: int = 1,
    *,
    scheduler: str | None = None,
    threads: int | None = None,
    max_tasks_per_process: int | None = None,
) -> Iterator[Executor]:
    """Open an executor whose tasks run in spawned processes, one task at a time in each.

    By default the processes run on this machine. A process that dies (for example, because the system is out of memory)
    fails only the task that it ran, and the next task gets a new process. If the block ends with an exception, including
    Ctrl-C, or this process is killed, the processes end at once. If the block ends normally, all tasks are waited for.

    With `scheduler`, each worker of that Dask cluster spawns such a process, so the results are the same. If a worker of
    Dask itself is lost, Dask repeats its task on another one, three times at most. If the block ends with an exception, the
    tasks that have not started are cancelled.

    Functions, arguments and results must be picklable, and the other processes import the functions by name. A script that
    opens an executor keeps its work under `if __name__ == "__main__":`. What tasks print is shown only if a process dies.

    Args:
        workers: Number of processes on this machine. Ignored with `scheduler`: the cluster has its own.
        scheduler: Address of a Dask scheduler, for example `"tcp://10.0.0.1:8786"`.
        threads: Number of threads of OpenMP, BLAS and TensorFlow per process, so that the order of sums, and with it the
            last digits of results, does not depend on the machine; `None` leaves it to the libraries.
        max_tasks_per_process: Number of tasks after which a process is replaced, for tasks that leave memory behind; `None`
            for no limit.

    Yields:
        A `concurrent.futures.Executor`. A task whose process dies raises a `DeepbioError`.

    Raises:
        DeepbioError: `workers` is less than 1, or the scheduler does not answer.
        OptionalDependencyError: `scheduler` is set and Dask is not installed.

    Example:
        >>> with open_executor(workers=2, threads=1) as executor:
        ...     list(executor.map(abs, [-1, 2]))
        [1, 2]
    """
    if workers < 1:
        raise DeepbioError(f"workers should be at least 1; received {workers}.")
    if scheduler is not None:
        with _connect(scheduler) as client:
            executor = _DaskExecutor(client, threads, max_tasks_per_process)
            try:
                yield executor
            except BaseException:
                executor.shutdown(wait=False)
                raise
            executor.shutdown()
        return
    pool = _ProcessPool(workers, threads, max_tasks_per_process)
    try:
        yield pool
    except BaseException:
        pool.kill()
        raise
    finally:
        pool.shutdown()


class _ProcessPool(Executor):
    """Threads with one spawned process each: a process that dies fails its own task and leaves the other processes alone."""

    def __init__(self, workers: int, threads: int | None, max_tasks: int | None) -> None:
        context = multiprocessing.get_context("spawn")
        # a worker ends when the other side of this pipe is closed, by `kill` or with this process
        self._read_end, self._write_end = context.Pipe(duplex=False)
        self._logs = tempfile.TemporaryDirectory(prefix="deepbio-")
        self._options = {"max_workers": 1, "mp_context": context, "max_tasks_per_child": max_tasks}
        self._threads = threads
        self._pools: list[ProcessPoolExecutor] = []
        self._current = threading.local()
        self._callers = ThreadPoolExecutor(workers)
        self._killed = False

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run `function(*args, **kwargs)` in the next process that is free."""
        return self._callers.submit(self._call, function, args, kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Wait for the tasks, without those still queued if `cancel_futures`, and end the processes."""
        self._callers.shutdown(wait, cancel_futures=cancel_futures)
        for pool in self._pools:
            pool.shutdown(wait)
        if wait:
            self.kill()
            self._logs.cleanup()

    def kill(self) -> None:
        """End the processes at once and cancel what is queued."""
        self._killed = True
        self._write_end.close()
        self._callers.shutdown(wait=False, cancel_futures=True)

    def _call(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        pool = getattr(self._current, "pool", None)
        if pool is None:
            log = Path(self._logs.name) / f"{len(self._pools)}-{threading.get_ident()}.log"
            arguments = (self._threads, self._read_end, log)
            pool = ProcessPoolExecutor(**self._options, initializer=_prepare_process, initargs=arguments)
            self._current.pool, self._current.log = pool, log
            self._pools.append(pool)
        try:
            return pool.submit(function, *args, **kwargs).result()
        except BrokenProcessPool as error:
            self._current.pool = None
            if self._killed:
                raise
            log = self._current.log
            printed = log.read_text(errors="replace").strip().splitlines() if log.is_file() else []
            raise DeepbioError(
                "The worker process died before it returned a result. The usual cause is that the system ran out of memory: "
                "use fewer workers. A script must keep its work under `if __name__ == '__main__':`. "
                f"Last output of the process: {' / '.join(printed[-3:]) or 'none'}"
            ) from error


def _prepare_process(threads: int | None, read_end: Any, log: Path) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches every process; the first one decides
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(output, 1)
    os.dup2(output, 2)
    if threads is not None:
        os.environ.update(dict.fromkeys(_THREAD_VARIABLES, str(threads)))
        from threadpoolctl import threadpool_limits

        threadpool_limits(threads)  # for libraries that the main script has imported
    threading.Thread(target=_end_with_parent, args=(read_end,), daemon=True).start()


def _end_with_parent(read_end: Any) -> None:
    with contextlib.suppress(EOFError, OSError):
        read_end.recv()
    os._exit(1)


class _DaskExecutor(Executor):
    """Dask's executor, whose workers run each task in a spawned process of their own.

    In the worker itself Dask's event loop would take numbers from Python's `random`, of which Keras makes initial weights,
    and would wait while TensorFlow computes.
    """

    def __init__(self, client: Any, threads: int | None, max_tasks: int | None) -> None:
        # not pure: a task that is submitted again is computed again
        self._executor = client.get_executor(pure=False)
        self._options = threads, max_tasks

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run `function(*args, **kwargs)` on the next worker that is free."""
        return self._executor.submit(_call_in_process, self._options, function, args, kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Wait for the tasks, or cancel those that have not started."""
        self._executor.shutdown(wait=wait and not cancel_futures)


@contextlib.contextmanager
def _connect(scheduler: str) -> Iterator[Any]:
    distributed: Any = require("distributed", extra="cluster", purpose="a Dask scheduler")
    try:
        client = distributed.Client(scheduler, timeout=_CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise DeepbioError(
            f"The Dask scheduler {scheduler} does not answer ({error}). Start one with `dask scheduler` and workers with "
            "`dask worker ADDRESS --nworkers N --nthreads 1`."
        ) from error
    with client:
        yield client


def _call_in_process(
    options: tuple[int | None, int | None], function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    with _ONE_AT_A_TIME:
        return _process_of_worker(options).submit(function, *args, **kwargs).result()


_ONE_AT_A_TIME = threading.Lock()


@functools.lru_cache(maxsize=1)
def _process_of_worker(options: tuple[int | None, int | None]) -> _ProcessPool:
    # workers of Dask are daemons, which may not have processes; this one ends with its worker
    multiprocessing.current_process()._config["daemon"] = False  # type: ignore[attr-defined]
    return _ProcessPool(1, *options)
