"""Load on `deepbio serve`: many clients at once, with batches and without, and with a worker killed in the middle.

    python benchmarks/serving.py [--clients 200] [--seconds 60] [--out benchmarks/results/serving.md]

Each client sends one example, waits for the answer, compares it with `predict` and sends the next. Clients and server share the
machine. In the run with a kill, a client asks again after a refused or broken connection; a request is lost if five tries fail.
"""

import asyncio
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import numpy as np
from _table import script, table, write_page

from deepbio.inference import predict
from deepbio.sequence import decode
from deepbio.zoo import describe, get_model

PRESET, PORT, TRIES = "dna_cnn.uci_splice", 3417, 5
COLUMNS = (
    "server",
    "answers",
    "per second",
    "p50, ms",
    "p99, ms",
    "largest, ms",
    "asked again",
    "lost",
    "other than predict",
)


def start(*options: str) -> subprocess.Popen[bytes]:
    """Start a server and wait until it is ready."""
    command = [sys.executable, "-m", "deepbio", "serve", PRESET, "--port", str(PORT), *options]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    for _ in range(240):
        time.sleep(0.5)
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/readyz", timeout=2):
                return server
        except OSError:
            if server.poll() is not None:
                raise SystemExit(f"The server ended with code {server.returncode}.") from None
    raise SystemExit("The server was not ready after two minutes.")


def workers(server: int) -> list[int]:
    """Return the processes that load TensorFlow among those that a server started."""
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(folder.name)] = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
        except OSError:
            continue
    known, grown = {server}, True
    while grown:
        new = {pid for pid, parent in parents.items() if parent in known} - known
        known, grown = known | new, bool(new)
    known.discard(server)
    return [pid for pid in sorted(known) if "tensorflow" in Path(f"/proc/{pid}/maps").read_text(errors="replace")]


async def load(clients: int, seconds: float, server: int, *, kill: bool) -> dict[str, list[float]]:
    import aiohttp  # pyright: ignore[reportMissingImports] -- comes with BentoML

    model = get_model(PRESET)
    random = np.random.default_rng(0)
    sequences = [str(decode(codes)) for codes in random.integers(0, 4, (256, 60), dtype=np.uint8)]
    task = describe(model).task
    assert task is not None
    expected, labels = predict(model, sequences), task.labels
    found: dict[str, list[float]] = {"ms": [], "again": [], "lost": [], "wrong": []}
    end = time.monotonic() + seconds

    async def client(number: int, session) -> None:
        turn = number
        while time.monotonic() < end:
            chosen, began = turn % 256, time.monotonic()
            turn += clients
            for attempt in range(TRIES + 1):
                if attempt == TRIES:
                    found["lost"].append(1)
                    break
                try:
                    url = f"http://127.0.0.1:{PORT}/{PRESET}"
                    async with session.post(url, json={"inputs": [sequences[chosen]]}) as answer:
                        if answer.status == 200:
                            [one] = await answer.json()
                            p = [one["probabilities"][label] for label in labels]
                            found["wrong"] += [1] * (not np.allclose(p, expected[chosen], atol=1e-5))
                            found["ms"].append(1000 * (time.monotonic() - began))
                            break
                except aiohttp.ClientError:
                    pass
                found["again"].append(1)
                await asyncio.sleep(0.5 * 2**attempt)

    async def killer() -> None:
        await asyncio.sleep(seconds / 2)
        os.kill(workers(server)[-1], signal.SIGKILL)

    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(120)) as session:
        tasks = [client(k, session) for k in range(clients)] + ([killer()] if kill else [])
        await asyncio.gather(*tasks)
    return found


@script(__doc__, clients=200, seconds=60)
def main(arguments):
    rows = []
    kinds = {
        "batches, 1 worker": [],
        "no batches, 1 worker": ["--no-batching"],
        "batches, 2 workers, one killed": ["--workers", "2"],
    }
    for name, options in kinds.items():
        server = start(*options)
        try:
            found = asyncio.run(load(arguments.clients, arguments.seconds, server.pid, kill="killed" in name))
        finally:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait(30)
        ms = np.array(found["ms"])
        figures = [f"{v:.0f}" for v in (len(ms) / arguments.seconds, np.median(ms), np.percentile(ms, 99), ms.max())]
        counts = [str(len(found[key])) for key in ("again", "lost", "wrong")]
        rows.append([name, f"{len(ms):,}", *figures, *counts])
    text = f"`{PRESET}` on {os.cpu_count()} cores, {arguments.clients} clients for {arguments.seconds} s, one sequence per request."
    write_page(arguments, "Load on a server", text, table(COLUMNS, rows))
