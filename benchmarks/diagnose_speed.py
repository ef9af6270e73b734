"""How long `deepbio diagnose` takes: its first answer beyond the import of TensorFlow, and later notes.

    python benchmarks/diagnose_speed.py [--rounds 7] [--out benchmarks/results/diagnose_speed.md]

First answer: the command in a new process, and a process that imports TensorFlow alone, in turns. Later notes: the 120 held-out
notes of tests/data/notes, each once, in one process after a first note. Processor time is user and system time of all threads.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from _table import ROOT, script, table, write_page

import deepbio

NOTE = (
    "A six-year-old boy has had a high fever for three days, extremely red eyes, a rash on the trunk, a swollen red strawberry "
    "tongue, swollen neck lymph nodes and is irritable."
)


def run(command: list[str]) -> tuple[float, float]:
    """Run a command; return its wall and processor time in seconds."""
    wall, before = time.perf_counter(), os.times()
    subprocess.run(command, check=True, capture_output=True)
    after = os.times()
    return time.perf_counter() - wall, sum(after[2:4]) - sum(before[2:4])


def first_answers(model: str, rounds: int) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        note = Path(folder) / "note.txt"
        note.write_text(NOTE, encoding="utf-8")
        ways = {
            "import tensorflow": [sys.executable, "-c", "import tensorflow"],
            "deepbio diagnose": [sys.executable, "-m", "deepbio", "diagnose", str(note), "--model", model],
        }
        for command in ways.values():
            run(command)  # files into the cache of the system
        times = np.array([[run(command) for command in ways.values()] for _ in range(rounds)])
    middle = np.median(times, axis=0)
    rows = [[name, *(f"{value:.2f} s" for value in middle[i])] for i, name in enumerate(ways)]
    beyond = times[:, 1] - times[:, 0]
    rows.append(
        [
            "beyond the import",
            *(f"{np.median(b):.2f} s (rounds {b.min():.2f} to {b.max():.2f})" for b in beyond.T),
        ]
    )
    return table((f"first answer, median of {rounds} rounds", "wall", "processor"), rows)


def later_notes(model: str) -> list[str]:
    files = (ROOT / "tests/data/notes" / f"{kind}_notes_held_out.json" for kind in ("listed", "unlisted"))
    notes = [note["note"] for file in files for note in json.loads(file.read_text(encoding="utf-8"))["notes"]]
    deepbio.diagnose(NOTE, model=model)
    walls, processors = [], []
    for note in notes:
        wall, processor = time.perf_counter(), time.process_time()
        deepbio.diagnose(note, model=model)
        walls.append(1000 * (time.perf_counter() - wall))
        processors.append(1000 * (time.process_time() - processor))
    rows = [
        [name, *(f"{np.quantile(values, q):.0f} ms" for q in (0.5, 0.95, 1))]
        for name, values in (("wall", walls), ("processor", processors))
    ]
    return table((f"{len(notes)} later notes", "median", "95%", "longest"), rows)


@script(__doc__, rounds=7, model="note_evidence.vignettes_findings")
def main(arguments):
    parts = (first_answers(arguments.model, arguments.rounds), later_notes(arguments.model))
    load = f"Load of the machine at the end: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors."
    write_page(arguments, "Time of diagnose", f"Preset `{arguments.model}`.", *parts, load)
