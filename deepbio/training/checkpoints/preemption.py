"""Preemption: SIGTERM (from schedulers and clouds) and the first Ctrl-C as a request to save and leave."""

import contextlib
import signal
import threading
from collections.abc import Iterator


class Request:
    """A request to end the process: whether it was made, and whether by Ctrl-C."""

    def __init__(self) -> None:
        self.made = False
        self.by_keyboard = False

    def make(self, number: int = signal.SIGTERM, *_: object) -> None:
        """Record the request, which the loop reads after the current steps. A second Ctrl-C interrupts at once."""
        if number == signal.SIGINT:
            if self.by_keyboard:
                raise KeyboardInterrupt
            self.by_keyboard = True
        self.made = True


@contextlib.contextmanager
def preemption_request(*, enabled: bool = True) -> Iterator[Request]:
    """Take SIGTERM and Ctrl-C as a request inside the block, and restore the former handlers after it.

    It does nothing if it is not `enabled` (nothing could be saved), or outside of the main thread, where Python handles no
    signals. A signal that the process already ignores (Ctrl-C of a job in the background) stays ignored.
    """
    request = Request()
    if not enabled or threading.current_thread() is not threading.main_thread():
        yield request
        return
    taken = [number for number in (signal.SIGTERM, signal.SIGINT) if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, request.make) for number in taken}
    try:
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
