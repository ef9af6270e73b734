"""Preemption: SIGTERM (from schedulers and clouds) and the first Ctrl-C are taken as a request to save and leave."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator


class Request:
    """Whether the process was asked to end, and whether by Ctrl-C."""

    def __init__(self) -> None:
        self.made = False
        self.by_keyboard = False

    def make(self, number: int = signal.SIGTERM, *_: object) -> None:
        """Note the request; the loop sees it after the steps that are under way. A second Ctrl-C ends at once."""
        if number == signal.SIGINT:
            if self.by_keyboard:
                raise KeyboardInterrupt
            self.by_keyboard = True
        self.made = True


@contextlib.contextmanager
def watch_for_preemption(*, wanted: bool = True) -> Iterator[Request]:
    """Take SIGTERM and Ctrl-C as a request while inside; put the former handlers back after.

    Does nothing where it is not `wanted` (nothing could be saved) or outside of the main thread, where signals cannot be taken.
    A signal that the process was told to ignore (Ctrl-C of a job in the background) stays ignored.
    """
    request = Request()
    if not wanted or threading.current_thread() is not threading.main_thread():
        yield request
        return
    taken = [number for number in (signal.SIGTERM, signal.SIGINT) if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, request.make) for number in taken}
    try:
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
