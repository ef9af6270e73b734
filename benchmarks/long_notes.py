"""Memory and time of notes of 10,000 words: one epoch of training and one prediction, each model in a process of its own.

python benchmarks/long_notes.py [--models text_cnn caml] [--words 10000] [--notes 16] [--batch 4] [--out FILE]
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

MODELS = ["bag_of_words", "text_cnn", "caml", "note_evidence", "han", "gru", "note_lstm", "bilstm"]


def peak() -> float:
    """Largest memory of this process so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def one(name: str, words: int, notes: int, batch: int) -> None:
    """Train and predict in this process; print memory and seconds."""
    import numpy as np

    import deepbio
    from deepbio.datasets.build import from_arrays

    random = np.random.Generator(np.random.Philox(0))
    texts = [" ".join(f"w{k}" for k in random.integers(0, 2000, words)) for _ in range(notes * 2)]
    data = from_arrays(texts, ["ill", "well"] * notes, modality="text", length=words)
    model = deepbio.get_model(name, dataset=data, seed=0)
    before, start = peak(), time.perf_counter()
    deepbio.fit(model, data, epochs=1, batch_size=batch, seed=0, verbose=False)
    trained, middle = peak(), time.perf_counter()
    deepbio.predict(model, data.test, batch_size=batch)
    print(
        f"{len(data.train)} {before:.0f} {trained:.0f} {peak():.0f} {middle - start:.1f} {time.perf_counter() - middle:.1f}"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", nargs="+", default=MODELS)
    parser.add_argument("--words", type=int, default=10_000)
    parser.add_argument("--notes", type=int, default=16)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--one")
    arguments = parser.parse_args()
    if arguments.one:
        one(arguments.one, arguments.words, arguments.notes, arguments.batch)
        return
    lines = [
        f"# Notes of {arguments.words:,} words",
        "",
        f"`python benchmarks/long_notes.py --models {' '.join(arguments.models)}`: batches of {arguments.batch} notes. Largest "
        "memory of the process in MiB: before training (TensorFlow and the data), in training, in prediction. Other work was on "
        "the machine.",
        "",
        "| model | training notes | before | training | after prediction | seconds an epoch |",
        "|---|---|---|---|---|---|",
    ]
    for name in arguments.models:
        command = [
            sys.executable,
            __file__,
            "--one",
            name,
            "--words",
            str(arguments.words),
            "--notes",
            str(arguments.notes),
        ]
        found = subprocess.run([*command, "--batch", str(arguments.batch)], capture_output=True, text=True, check=True)
        notes, before, trained, predicted, seconds, _ = found.stdout.split()[-6:]
        lines.append(f"| `{name}` | {notes} | {before} | {trained} | {predicted} | {seconds} |")
        print(lines[-1], flush=True)
    if arguments.out:
        arguments.out.parent.mkdir(parents=True, exist_ok=True)
        arguments.out.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
