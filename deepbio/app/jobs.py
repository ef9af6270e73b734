"""Jobs: work in a thread with progress and a flag that cancels it, each known only by a random name."""

from __future__ import annotations

import logging
import secrets
import threading
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Literal

from deepbio.errors import DeepbioError

log = logging.getLogger("deepbio")

State = Literal["waiting", "running", "done", "failed", "cancelled"]
_WORKERS = 4
_KEPT_SECONDS = 900  # of a finished job that nobody asks for
_MAX_JOBS = 64
BUSY = "The app has too much to do: wait until a job ends, or cancel one."
FAILED = "Something in deepbio failed that should not. The terminal names the place. The input is not in that message."


class Cancelled(Exception):  # noqa: N818 - no error: the user asked for it
    """The user cancelled the job."""


@dataclass(eq=False)
class Job:
    """One piece of work.

    Args:
        kind: What it computes, which names the template of its result.
        id: Random name, which only the page that started the job knows.
        state: State; a cancelled job stays cancelled whatever its thread still does.
        message: What it does at present, or why it failed.
        done, total: Progress; 0 of 0 if it is not known.
        result: JSON-able result of a job that is done.
    """

    kind: str
    id: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    state: State = "waiting"
    message: str = "Waiting"
    done: int = 0
    total: int = 0
    result: dict[str, Any] | None = field(default=None, repr=False)
    _ended: threading.Event = field(default_factory=threading.Event, repr=False)
    _asked: float = field(default_factory=time.monotonic, repr=False)

    def progress(self, done: int, total: int, message: str = "") -> None:
        """Record progress. A job calls this between its steps.

        Raises:
            Cancelled: The user has cancelled the job.
        """
        if self.state == "cancelled":
            raise Cancelled
        self.done, self.total, self.message = int(done), int(total), message or self.message

    def step(self, message: str) -> None:
        """Record what the job does now, without a known end."""
        self.progress(0, 0, message)

    def wait(self, seconds: float) -> None:
        """Wait until the job has ended, at most so long."""
        self._asked = time.monotonic()
        self._ended.wait(seconds)

    def to_dict(self) -> dict[str, Any]:
        """Return what the JSON API says about the job."""
        names = ("id", "kind", "state", "message", "done", "total", "result")
        return {name: getattr(self, name) for name in names}


class Jobs:
    """The jobs of one app.

    Args:
        clean: Function that removes names of temporary files from an error message.
    """

    def __init__(self, clean: Callable[[str], str] = str) -> None:
        self._threads = ThreadPoolExecutor(_WORKERS, thread_name_prefix="deepbio-app")
        self._jobs: dict[str, Job] = {}
        self._lock = threading.Lock()
        self._clean = clean

    def start(self, kind: str, work: Callable[[Job], dict[str, Any]]) -> Job:
        """Start a job.

        Args:
            kind: What it computes.
            work: Function of the job that returns its result.

        Raises:
            DeepbioError: Too many jobs are running.
        """
        job = Job(kind)
        with self._lock:
            self._forget()
            if len(self._jobs) >= _MAX_JOBS:
                raise DeepbioError(BUSY)
            self._jobs[job.id] = job
        self._threads.submit(self._run, job, work)
        return job

    def find(self, id: str) -> Job | None:
        """Return a job by its name, or None."""
        return self._jobs.get(id)

    def cancel(self, job: Job) -> None:
        """Cancel a job and forget its result. Its thread ends at its next step."""
        if job.state in ("waiting", "running"):
            job.state, job.message = "cancelled", "Cancelled"
        job.result = None
        job._ended.set()

    def close(self) -> None:
        """Cancel everything."""
        for job in list(self._jobs.values()):
            self.cancel(job)
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _run(self, job: Job, work: Callable[[Job], dict[str, Any]]) -> None:
        if job.state == "cancelled":
            return
        job.state, job.message = "running", "Running"
        try:
            result = work(job)
            ending: tuple[State, str] = ("done", "Done")
        except Cancelled:
            return
        except DeepbioError as error:
            result, ending = None, _failed(self._clean(str(error)))
        except Exception as error:  # a traceback never reaches the page, and no text of the input reaches the log
            places = [f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)[-4:]]
            log.error("deepbio app, %s: %s at %s", job.kind, type(error).__name__, " < ".join(reversed(places)))
            result, ending = None, _failed(FAILED)
        finally:
            job._asked = time.monotonic()
        if job.state != "cancelled":
            job.result = result
            job.state, job.message = ending
        job._ended.set()

    def _forget(self) -> None:
        """Forget the jobs that ended long ago, and the oldest ended ones if there are too many."""
        now = time.monotonic()
        ended = sorted((job for job in self._jobs.values() if job._ended.is_set()), key=lambda job: job._asked)
        over = len(self._jobs) - _MAX_JOBS + 1
        for k, job in enumerate(ended):
            if k < over or now - job._asked > _KEPT_SECONDS:
                del self._jobs[job.id]


def _failed(message: str) -> tuple[State, str]:
    return "failed", message
