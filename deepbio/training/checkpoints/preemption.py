"""Preemption: a SIGTERM is taken as a request to save and leave, as schedulers and clouds send it."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator


class Request:
    """Whether the process was asked to end."""

    def __init__(self) -> None:
        self.made = False

    def make(self, *_: object) -> None:
        """Note the request; the loop sees it after the steps that are under way."""
        self.made = True


@contextlib.contextmanager
def watch_for_preemption(*, wanted: bool = True) -> Iterator[Request]:
    """Take SIGTERM as a request while inside; put the former handler back after.

    Does nothing where it is not `wanted` (nothing could be saved) or outside of the main thread, where signals cannot be taken.
    """
    request = Request()
    if not wanted or threading.current_thread() is not threading.main_thread():
        yield request
        return
    before = signal.signal(signal.SIGTERM, request.make)
    try:
        yield request
    finally:
        signal.signal(signal.SIGTERM, before)
