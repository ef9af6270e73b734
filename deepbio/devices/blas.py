"""BLAS on one thread, while the threads of Python divide the work: many small products of matrices are slow on several."""

import contextlib
import functools
import threading
from collections.abc import Iterator

from threadpoolctl import ThreadpoolController

# The threads of BLAS are those of the process, so the first caller alone changes their number.
_first = threading.Lock()


@contextlib.contextmanager
def one_blas_thread() -> Iterator[int]:
    """Let BLAS use one thread inside the block, and return how many threads may divide the work there.

    They are as many as BLAS had, which the user or a worker process may have limited. While another caller is in such a block the
    number is 1, because the cores are taken already.

    Example:
        >>> with one_blas_thread() as outside, one_blas_thread() as inside:
        ...     outside >= 1, inside
        (True, 1)
    """
    if not _first.acquire(blocking=False):
        yield 1
        return
    try:
        threads = [library["num_threads"] for library in _libraries().info()]
        with _libraries().limit(limits=1):
            yield max(threads, default=1)
    finally:
        _first.release()


@functools.cache
def _libraries() -> ThreadpoolController:
    return ThreadpoolController().select(user_api="blas")
