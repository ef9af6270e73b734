"""Programs of their own process, for tests that need several, or devices of their own; every wait is bounded."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROGRAMS = Path(__file__).parent / "programs"


def free_ports(count):
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def cluster_of(count):
    """Return the TF_CONFIG of each of `count` workers on this machine."""
    addresses = [f"127.0.0.1:{port}" for port in free_ports(count)]
    return [
        json.dumps({"cluster": {"worker": addresses}, "task": {"type": "worker", "index": i}}) for i in range(count)
    ]


def start(program, *arguments, **environment):
    """Start one of the programs, or `python -m deepbio` where `program` is None."""
    what = ["-m", "deepbio"] if program is None else [str(PROGRAMS / program)]
    variables = {**os.environ, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3", **environment}
    return subprocess.Popen(
        [sys.executable, *what, *map(str, arguments)], env=variables, cwd=ROOT, text=True, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def finish(*processes, seconds=200):
    """Wait for all. Return (exit code, stdout, stderr) of each. None is left running."""
    try:
        return [(lambda texts, p=p: (p.returncode, *texts))(p.communicate(timeout=seconds)) for p in processes]
    finally:
        for p in processes:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(p.pid, signal.SIGKILL)


def succeed(*processes, seconds=200):
    for code, out, err in finish(*processes, seconds=seconds):
        assert code == 0, f"exit code {code}\n{out[-2000:]}\n{err[-4000:]}"
