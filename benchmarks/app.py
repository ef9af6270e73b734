"""How long the app takes: its first page once TensorFlow is loaded, and the prediction of one example over HTTP.

    python benchmarks/app.py [--rounds 5] [--requests 50] [--out benchmarks/results/app.md]

First page: a new process imports TensorFlow, then the clock starts, and stops when the page of the tab has been received. Processor
time is that of all threads.
Predictions: `deepbio app` as users start it, and one request after the other, each from the form to the JSON of the result. The
pictures, words and sequences are synthetic: the time does not depend on what they show.
"""

import contextlib
import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator

import numpy as np
import requests
from _table import script, table, write_page
from PIL import Image

SEQUENCE = "ATCAGCTGCATCACCGGCTGGCAGCAACAGGTAAGTGGGGTCTGGGCACTGGGCTGGGCC"
NOTE = "Four-year-old boy with fever for six days, red eyes, a strawberry tongue, swollen hands and a rash. No cough."
FIRST_PAGE = """
import json, os, sys, threading, time, urllib.request
import tensorflow
start, before = time.perf_counter(), time.process_time()
from deepbio.app import serve
def read(address):
    found = {}
    for tab in ("", "dna"):
        urllib.request.urlopen(address + tab).read()
        found[tab or "home"] = (time.perf_counter() - start, time.process_time() - before)
    print(json.dumps(found), flush=True)
    os._exit(0)
serve(browser=False, announce=lambda address: threading.Thread(target=read, args=(address,)).start())
"""


def first_pages(rounds: int) -> list[str]:
    found = []
    for _ in range(rounds + 1):  # the first brings the files into the cache of the system
        done = subprocess.run([sys.executable, "-c", FIRST_PAGE], capture_output=True, text=True, check=True)
        found.append(json.loads(done.stdout))
    rows = []
    for name, title in (("home", "first page"), ("dna", "first page and the tab DNA")):
        wall, processor = np.array([one[name] for one in found[1:]]).T
        rows.append([title, *(f"{np.median(v):.2f} s ({v.min():.2f} to {v.max():.2f})" for v in (wall, processor))])
    return table((f"after TensorFlow is loaded, median of {rounds} processes (range)", "wall", "processor"), rows)


@contextlib.contextmanager
def running() -> Iterator[str]:
    command = [sys.executable, "-m", "deepbio", "app", "--no-browser"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.terminate()


def predictions(n: int) -> list[str]:
    buffer = io.BytesIO()
    Image.fromarray(np.arange(4096, dtype=np.uint16).reshape(64, 64).astype(np.uint8)).save(buffer, "PNG")
    picture = {"file": ("a.png", buffer.getvalue())}
    tasks = {
        "DNA, 60 bases": ("dna", {"model": "dna_cnn.uci_splice", "sequence": SEQUENCE}, None),
        "image with heat map and out-of-distribution score": ("image", {"model": "image_cnn.pneumoniamnist"}, picture),
        "attack by PGD, 20 steps": ("attack", {"model": "image_cnn.pneumoniamnist", "epsilon": "4"}, picture),
        "note of 20 words": ("note", {"note": NOTE}, None),
        "DNA with contributions and mutagenesis": (
            "dna",
            {"model": "dna_cnn.uci_splice", "sequence": SEQUENCE, "explain": "both"},
            None,
        ),
    }
    rows = []
    with running() as address, requests.Session() as session:

        def one(path: str, data: dict[str, str], files: dict | None) -> float:
            start = time.perf_counter()
            job = session.post(f"{address}api/{path}", data=data, files=files).json()
            while job["state"] in ("waiting", "running"):
                job = session.get(f"{address}api/jobs/{job['id']}", params={"wait": "5"}).json()
            assert job["state"] == "done", job["message"]
            return 1000 * (time.perf_counter() - start)

        for title, task in tasks.items():
            first, later = (
                one(*task),
                [one(*task) for _ in range(n if "contributions" not in title else max(1, n // 10))],
            )
            middle, high = np.quantile(later, [0.5, 0.95])
            rows.append([title, f"{first:,.0f} ms", f"{middle:.0f} ms", f"{high:.0f} ms", f"{max(later):.0f} ms"])
    return table(("one example", "first", f"median of {n} later", "95%", "longest"), rows)


@script(__doc__, rounds=5, requests=50)
def main(arguments):
    parts = (first_pages(arguments.rounds), predictions(arguments.requests))
    about = (
        "Later explanations are a tenth as many. A first request loads the model and compiles its pass; the very first one also waits "
        "for what is left of loading TensorFlow, which begins when the app starts."
    )
    load = f"Load of the machine at the end: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors."
    write_page(arguments, "Time of the app", about, *parts, load)
