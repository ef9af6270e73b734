"""Memory of `predict_genome` on simulated genomes of 1 and 10 million bases, each in a process of its own.

    python benchmarks/genome_predictions.py [--megabases 1 10] [--models 1 3] [--out benchmarks/results/genome_predictions.md]

The genome is random bases; `dna_cnn.ecoli_promoters` (windows of 57 bases) predicts each tile of 57 bases, alone and as the average of
several models (itself, loaded several times). Memory is the process's own (anonymous) memory, read from /proc each 0.1 s, and the
highest resident memory, which includes pages of the memory-mapped genome.
Exits with 1 if the own memory at the largest genome exceeds that at the smallest by 50 MiB.
"""

import itertools
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
from _table import script, table, write_page

MODEL, FORMATS, MAX_GROWTH = "dna_cnn.ecoli_promoters", ("bedgraph", "bw"), 50
CODE = "import sys; sys.path.insert(0, 'benchmarks'); from genome_predictions import measure; measure(*sys.argv[1:])"


def simulate(path: Path, bases: int) -> None:
    """Write a FASTA of random bases, in lines of 100."""
    random = np.random.Generator(np.random.Philox(0))
    lines = np.frombuffer(b"ACGT", np.uint8)[random.integers(0, 4, (bases // 100, 100))]
    with path.open("wb") as file:
        file.write(b">chr1\n")
        file.write(b"".join(line.tobytes() + b"\n" for line in lines))


def memory(key: str) -> float:
    """Return a figure of /proc/self/status in MiB."""
    return int(re.findall(rf"{key}:\s+(\d+)", Path("/proc/self/status").read_text(encoding="ascii"))[0]) / 1024


def measure(fasta: str, out: str, models: str) -> None:
    """Predict a genome and print windows, seconds and memory as JSON."""
    from deepbio.inference import predict_genome

    highest, done = [0.0], threading.Event()

    def sample() -> None:
        while not done.wait(0.1):
            highest[0] = max(highest[0], memory("RssAnon"))

    sampler = threading.Thread(target=sample, daemon=True)
    sampler.start()
    start = time.perf_counter()
    found = predict_genome([MODEL] * int(models), fasta, out, tile=True)
    done.set()
    sampler.join()
    figures = {"own": highest[0], "resident": memory("VmHWM"), "seconds": time.perf_counter() - start}
    sys.stdout.write(json.dumps({"windows": found.windows, **figures}) + "\n")


@script(__doc__, megabases=[1, 10], models=[1, 3])
def main(arguments):
    rows, own = [], {}
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"DEEPBIO_CACHE": folder, "CUDA_VISIBLE_DEVICES": ""}
        for megabases in arguments.megabases:
            fasta = Path(folder) / f"{megabases}.fa"
            simulate(fasta, megabases * 1_000_000)
            for models, format in itertools.product(arguments.models, FORMATS):
                out = Path(folder) / f"{megabases}.{format}"
                command = [sys.executable, "-c", CODE, str(fasta), str(out), str(models)]
                printed = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
                found = json.loads(printed.splitlines()[-1])
                own.setdefault((models, format), []).append(found["own"])
                figures = (
                    f"{found['own']:.0f}",
                    f"{found['resident']:.0f}",
                    f"{found['windows'] / found['seconds']:,.0f}",
                )
                rows.append((megabases, models, format, f"{found['windows']:,}", *figures))
    header = ("million bases", "models", "format", "windows", "own memory, MiB", "resident, MiB", "windows per second")
    about = "Memory is dominated by TensorFlow itself. The machine was not idle, so the rates are lower bounds."
    write_page(arguments, "Predictions over a genome: memory", about, table(header, rows))
    sys.exit(any(figures[-1] > figures[0] + MAX_GROWTH for figures in own.values()))
