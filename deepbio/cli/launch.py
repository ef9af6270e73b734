"""`deepbio launch`: several worker processes on this machine, restarted from the last checkpoint when one dies."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from deepbio.cli.console import note
from deepbio.errors import DeepbioError

POLL_SECONDS = 0.2
GRACE_SECONDS = 5.0  # for a worker to leave by itself before it is killed


def launch(
    context: typer.Context,
    workers: Annotated[int, typer.Option(min=1, help="Number of processes.")] = 2,
    restarts: Annotated[
        int, typer.Option(min=0, help="Number of restarts from the last checkpoint after a process dies.")
    ] = 0,
) -> None:
    """Run `deepbio fit ...` in several processes that train one model: deepbio launch --workers 2 -- fit dna_cnn uci_splice.

    The processes find each other through TF_CONFIG on this machine. When one dies, the others are stopped and all restart
    with --resume, up to --restarts times. Only the first shows progress and writes files.
    """
    arguments = [argument for argument in context.args if argument != "--"]
    if not arguments or arguments[0] != "fit":
        raise DeepbioError(
            "Expected a fit to launch, for example: deepbio launch --workers 2 -- fit dna_cnn uci_splice"
        )
    stop = _Stop()
    with stop.on_signals():
        for attempt in range(restarts + 1):
            again = ["--resume"] if attempt and "--resume" not in arguments else []
            with tempfile.TemporaryDirectory(prefix="deepbio-launch-") as folder:
                group = _Group([*arguments, *again], workers, Path(folder))
                try:
                    code = group.watch(stop)
                finally:
                    group.end()
                if code == 0 or not group.crashed:
                    raise typer.Exit(code)
                note(group.post_mortem())
            if attempt < restarts:
                note(f"Starting all {workers} again from the last checkpoint ({attempt + 1} of {restarts} restarts).")
    raise DeepbioError(
        f"A worker died and {restarts} restart(s) did not help. The checkpoints are kept: continue with --resume."
    )


class _Stop:
    """The request to this process to end."""

    def __init__(self) -> None:
        self.signal: int | None = None

    @contextlib.contextmanager
    def on_signals(self) -> Any:
        def ask(number: int, _: object) -> None:
            self.signal = number

        before = {number: signal.signal(number, ask) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


class _Group:
    """The worker processes of one attempt."""

    def __init__(self, arguments: list[str], workers: int, folder: Path) -> None:
        addresses = [f"127.0.0.1:{port}" for port in _free_ports(workers)]
        self.crashed: list[int] = []
        self._errors = [folder / f"worker-{i}.txt" for i in range(workers)]
        self._processes = []
        for i in range(workers):
            config = json.dumps({"cluster": {"worker": addresses}, "task": {"type": "worker", "index": i}})
            with self._errors[i].open("wb") as error:
                self._processes.append(
                    subprocess.Popen(
                        [sys.executable, "-m", "deepbio", *arguments],
                        env={**os.environ, "TF_CONFIG": config},
                        stdout=None if i == 0 else subprocess.DEVNULL,
                        stderr=None if i == 0 else error,
                        start_new_session=True,  # Ctrl-C reaches this process, which passes on a request to save and leave
                    )
                )

    def watch(self, stop: _Stop) -> int:
        """Wait until all are done, one died, or a stop was requested; return the exit code."""
        asked = False
        while True:
            if stop.signal is not None and not asked:
                asked = True
                self._send(signal.SIGTERM)
            codes = [process.poll() for process in self._processes]
            if any(code is not None and code != 0 for code in codes):
                break
            if codes[0] == 0 or all(code == 0 for code in codes):
                return 0
            time.sleep(POLL_SECONDS)
        time.sleep(2 * POLL_SECONDS)  # those that end for the same reason may do so now
        codes = [process.poll() for process in self._processes]
        self.crashed = [i for i, code in enumerate(codes) if code not in (None, 0, 2)]
        if stop.signal is not None and asked:
            self.crashed = []
            return 128 + stop.signal
        if not self.crashed:  # each reported an error that a restart would repeat
            failed = next(i for i, code in enumerate(codes) if code == 2)
            if failed != 0:
                note(self._last_words(failed))
            return 2
        return 1

    def post_mortem(self) -> str:
        """Return which workers died and the last lines that they wrote."""
        codes = {i: self._processes[i].returncode for i in self.crashed}
        how = [
            f"worker {i} {'was killed by signal ' + str(-c) if c < 0 else f'ended with code {c}'}"
            for i, c in codes.items()
        ]
        return f"{' and '.join(how).capitalize()}. " + " ".join(self._last_words(i) for i in self.crashed if i != 0)

    def end(self) -> None:
        """End the processes that are still running: ask, wait, kill."""
        self._send(signal.SIGTERM)
        until = time.monotonic() + GRACE_SECONDS
        for process in self._processes:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=max(until - time.monotonic(), 0.01))
        self._send(signal.SIGKILL)
        for process in self._processes:
            process.wait()

    def _send(self, number: int) -> None:
        for process in self._processes:
            if process.poll() is None:
                process.send_signal(number)

    def _last_words(self, i: int) -> str:
        lines = self._errors[i].read_text(errors="replace").strip().splitlines()
        return "\n".join(lines[-5:])


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
