"""Executors: independent tasks in processes of this machine, or on a Dask cluster of many machines."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
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
    """Open an executor whose tasks run in other processes, each process one task at a time.

    By default the processes are spawned on this machine. A process that dies (for example, because the operating system
    takes back memory) fails the task that it ran; the next task gets a new process. If the block ends with an exception,
    including Ctrl-C, or this process is killed, the processes end at once. If the block ends normally, all tasks are
    waited for.

    With `scheduler`, the tasks run on the workers of that Dask cluster. Dask repeats a task whose worker dies on another
    worker, three times at most. Tasks that run when the block ends with an exception are cancelled as far as Dask can.

    Functions, arguments and results must be picklable; functions are imported by name in the other process. A script that
    opens an executor keeps its work under `if __name__ == "__main__":`.

    Args:
        workers: Number of processes on this machine. Ignored with `scheduler`: the cluster has its own.
        scheduler: Address of a Dask scheduler, for example `"tcp://10.0.0.1:8786"`.
        threads: Number of threads of OpenMP, BLAS and TensorFlow per process, so that the order of sums, and with it the
            last digits of results, does not depend on the machine; `None` leaves it to the libraries.
        max_tasks_per_process: Number of tasks after which a process of this machine is replaced, for tasks that leave memory
            behind; `None` for no limit.

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
        with _dask_executor(scheduler, threads) as executor:
            yield executor
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
        context = get_context("spawn")
        # a worker ends when the other side of this pipe is closed, by `kill` or with this process
        self._read_end, self._write_end = context.Pipe(duplex=False)
        self._options = {
            "max_workers": 1,
            "mp_context": context,
            "initializer": _prepare_process,
            "initargs": (threads, self._read_end),
            "max_tasks_per_child": max_tasks,
        }
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

    def kill(self) -> None:
        """End the processes at once and cancel what is queued."""
        self._killed = True
        self._write_end.close()
        self._callers.shutdown(wait=False, cancel_futures=True)

    def _call(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        pool = getattr(self._current, "pool", None)
        if pool is None:
            pool = self._current.pool = ProcessPoolExecutor(**self._options)
            self._pools.append(pool)
        try:
            return pool.submit(function, *args, **kwargs).result()
        except BrokenProcessPool as error:
            self._current.pool = None
            if self._killed:
                raise
            raise DeepbioError(
                "The worker process died before it returned a result. The usual cause is that the system ran out of memory: "
                "use fewer workers. A script must keep its work under `if __name__ == '__main__':`."
            ) from error


def _prepare_process(threads: int | None, read_end: Any) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches every process; the first one decides
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    _limit_threads(threads)
    threading.Thread(target=_end_with_parent, args=(read_end,), daemon=True).start()


def _end_with_parent(read_end: Any) -> None:
    with contextlib.suppress(EOFError, OSError):
        read_end.recv()
    os._exit(1)


@contextlib.contextmanager
def _dask_executor(scheduler: str, threads: int | None) -> Iterator[Executor]:
    distributed: Any = require("distributed", extra="cluster", purpose="a Dask scheduler")
    try:
        client = distributed.Client(scheduler, timeout=_CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise DeepbioError(
            f"The Dask scheduler {scheduler} does not answer ({error}). Start one with `dask scheduler` and workers with "
            "`dask worker ADDRESS --nworkers N --nthreads 1`."
        ) from error
    with client:
        executor = _DaskExecutor(client, threads)
        try:
            yield executor
        except BaseException:
            executor.shutdown(wait=False)
            raise
        executor.shutdown()


class _DaskExecutor(Executor):
    """Dask's executor; the tasks are run one at a time per process, with limited threads."""

    def __init__(self, client: Any, threads: int | None) -> None:
        # not pure: a task that is submitted again is computed again
        self._executor = client.get_executor(pure=False)
        self._threads = threads

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run `function(*args, **kwargs)` on the next worker that is free."""
        return self._executor.submit(_Limited(function, self._threads), *args, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Wait for the tasks, or cancel them."""
        self._executor.shutdown(wait=wait and not cancel_futures)


class _Limited:
    """A function that runs alone in its process, because a Dask worker may have several threads, with limited threads."""

    _alone = threading.Lock()

    def __init__(self, function: Callable[..., Any], threads: int | None) -> None:
        self._function, self._threads = function, threads

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        with self._alone:
            _limit_threads(self._threads)
            return self._function(*args, **kwargs)


_limit: int | None = None


def _limit_threads(count: int | None) -> None:
    """Limit the threads of libraries that this process has loaded or will load."""
    global _limit
    if count is None or count == _limit:
        return
    os.environ.update(dict.fromkeys(_THREAD_VARIABLES, str(count)))
    from threadpoolctl import threadpool_limits

    threadpool_limits(count)
    tensorflow = sys.modules.get("tensorflow")
    if tensorflow is not None:
        try:
            tensorflow.config.threading.set_intra_op_parallelism_threads(count)
            tensorflow.config.threading.set_inter_op_parallelism_threads(count)
        except RuntimeError as error:
            raise DeepbioError(
                f"TensorFlow of this worker has started with another number of threads than {count}. Restart the Dask workers."
            ) from error
    _limit = count
