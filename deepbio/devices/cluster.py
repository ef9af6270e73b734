"""`Cluster`: the processes that train one model together, and the few values on which they must agree.

Every process runs the same program. What must be equal everywhere (first weights, when to stop, steps per call) is agreed on
here; everything else follows from `(seed, epoch)`.
"""

import contextlib
import functools
import json
import os
import socket
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from deepbio.devices.graph import in_graph
from deepbio.errors import TrainingError


@dataclass(frozen=True)
class Member:
    """One process of a cluster: the addresses of all processes, chief first, and its own index."""

    addresses: tuple[str, ...]
    index: int


def member_from_environment() -> Member | None:
    """Read `TF_CONFIG`; return `None` if it is not set or names one worker only.

    Raises:
        TrainingError: `TF_CONFIG` is not in the form that TensorFlow expects.
    """
    text = os.environ.get("TF_CONFIG", "").strip()
    if not text:
        return None
    try:
        config = json.loads(text)
        cluster, task = config.get("cluster", {}), config.get("task", {})
        jobs = {job: list(cluster[job]) for job in ("chief", "worker") if cluster.get(job)}
        addresses = tuple(address for job in jobs.values() for address in job)
        if not addresses:
            return None
        if task["type"] not in jobs:
            raise KeyError(task["type"])
        index = int(task["index"]) + (len(jobs.get("chief", ())) if task["type"] == "worker" else 0)
        if not 0 <= index < len(addresses):
            raise IndexError(index)
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise TrainingError(
            'TF_CONFIG should look like {"cluster": {"worker": ["host1:2222", "host2:2222"]}, "task": {"type": "worker", '
            f'"index": 0}}}}; received {text[:200]!r} ({type(error).__name__}: {error}).'
        ) from error
    return Member(addresses, index) if len(addresses) > 1 else None


def wait_for_workers(member: Member, *, seconds: float) -> None:
    """Wait until every other process can be reached.

    TensorFlow itself would wait for an hour. Meanwhile this process listens on its own address, so that the others can reach
    it; the socket is closed before TensorFlow takes the port.

    Raises:
        TrainingError: Some workers did not come in time (the message names them), or this worker's port cannot be used.
    """
    port = member.addresses[member.index].rpartition(":")[2]
    missing = [i for i in range(len(member.addresses)) if i != member.index]
    until = time.monotonic() + seconds
    with _listening(int(port), member.addresses[member.index]):
        while missing:
            missing = [i for i in missing if not _reachable(member.addresses[i])]
            if missing and time.monotonic() > until:
                names = ", ".join(f"worker {i} ({member.addresses[i]})" for i in missing)
                raise TrainingError(
                    f"Waited {seconds:.0f} s for {len(member.addresses)} workers; {names} did not come. Start every process with the "
                    "same list of addresses, and check that they can reach each other and that the ports are open. "
                    "DEEPBIO_WORKER_TIMEOUT sets the seconds to wait."
                )
            time.sleep(0.1 if missing else 0)


@contextlib.contextmanager
def _listening(port: int, address: str) -> Iterator[None]:
    family = socket.AF_INET6 if socket.has_dualstack_ipv6() else socket.AF_INET
    try:
        server = socket.create_server(("", port), family=family, dualstack_ipv6=family == socket.AF_INET6)
    except OSError as error:
        raise TrainingError(
            f"This worker's address is {address}, and its port cannot be used ({error.strerror}). Choose a free port."
        ) from error
    try:
        yield
    finally:
        server.close()


def _reachable(address: str) -> bool:
    host, _, port = address.rpartition(":")
    with contextlib.suppress(OSError), socket.create_connection((host.strip("[]"), int(port)), timeout=2):
        return True
    return False


class Cluster:
    """The processes that take part in a run under a strategy. With one process, every method returns at once."""

    def __init__(self, strategy: tf.distribute.Strategy) -> None:
        self.strategy = strategy
        resolver = getattr(strategy, "cluster_resolver", None)
        spec = resolver.cluster_spec() if resolver is not None else None
        jobs = {job: n for job in ("chief", "worker") if (n := _size(spec, job))} if spec else {}
        self.workers = max(sum(jobs.values()), 1)
        self.worker = 0
        if self.workers > 1 and resolver is not None:
            self.worker = int(resolver.task_id or 0) + (jobs.get("chief", 0) if resolver.task_type == "worker" else 0)
        self.is_chief = self.worker == 0

    def highest(self, values: Sequence[float]) -> np.ndarray:
        """Return the largest of each value over all workers, the same on all of them; also a barrier."""
        own = np.asarray(values, np.float64)
        if self.workers == 1:
            return own
        return self._gather(tf.constant(own)).numpy().reshape(-1, len(own)).max(axis=0)

    def from_chief(self, arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Return the chief's arrays, bit for bit, on every worker; the others pass arrays of the same shapes."""
        if self.workers == 1:
            return list(arrays)
        raw = b"".join(np.ascontiguousarray(array).tobytes() for array in arrays)
        # one word at least: TensorFlow's collectives crash on an empty tensor
        words = np.frombuffer(raw + b"\0" * (-len(raw) % 8 or 8 * (not raw)), np.int64)
        sent = self._sum(tf.constant(words if self.is_chief else np.zeros_like(words))).numpy().tobytes()
        found, start = [], 0
        for array in map(np.asarray, arrays):
            found.append(np.frombuffer(sent, array.dtype, array.size, start).reshape(array.shape).copy())
            start += array.nbytes
        return found

    def text_from_chief(self, text: str) -> str:
        """Return the chief's text on every worker."""
        if self.workers == 1:
            return text
        raw = np.frombuffer(text.encode(), np.uint8)
        length = int(self.from_chief([np.array(len(raw))])[0])
        if length == 0:
            return ""
        room = np.zeros(length, np.uint8)
        room[: min(len(raw), length)] = raw[:length]
        return self.from_chief([room])[0].tobytes().decode()

    @functools.cached_property
    def _gather(self) -> Any:
        return in_graph(lambda v: self.strategy.gather(self.strategy.run(lambda: v[None]), axis=0))

    @functools.cached_property
    def _sum(self) -> Any:
        def from_first(values):
            def each():
                context = tf.distribute.get_replica_context()
                assert context is not None
                return tf.where(context.replica_id_in_sync_group == 0, values, tf.zeros_like(values))

            return self.strategy.reduce(tf.distribute.ReduceOp.SUM, self.strategy.run(each), axis=None)

        return in_graph(from_first)


def _size(spec: Any, job: str) -> int:
    return spec.num_tasks(job) if job in spec.jobs else 0
