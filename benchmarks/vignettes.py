"""Notes with known truth: `note_lstm` beside the best possible reader and bag-of-words logistic regression.

    python benchmarks/vignettes.py [--seeds 0 1 2] [--out benchmarks/results/vignettes.md]

The generator's posterior is exact (`deepbio.datasets.vignettes.posterior`), so "Bayes" is what no model can beat on average.
All three are judged on the test split, which nothing was chosen on.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

import deepbio
from deepbio.benchmark import baseline
from deepbio.datasets import load_dataset
from deepbio.datasets.vignettes import posterior, simulate_vignettes
from deepbio.training import compare

NOTE = (
    "A six-year-old boy has had a high fever for three days, extremely red eyes, a rash on the trunk, a swollen red strawberry "
    "tongue, swollen neck lymph nodes and is irritable."
)


def bayes(data) -> np.ndarray:
    """The exact posterior of each test note, found again among the generator's notes by its text."""
    notes = simulate_vignettes(50, 11_000, seed=0)
    place = {text: i for i, text in reversed(list(enumerate(notes.texts)))}
    rows = np.array([place[text] for text in data.test.groups])
    assert (notes.y[rows] == data.test.y).all()
    return posterior(notes.findings[rows], notes.model)


def row(name, data, ps, seconds) -> str:
    names = ["accuracy", "top_5", "log_loss"]
    found = [compare(data.task, data.test.y, p, names=names) for p in ps]
    cells = []
    for metric in names:
        first = found[0][metric]
        values = [f[metric].value for f in found]
        span = f", seeds {min(values):.3f} to {max(values):.3f}" if len(ps) > 1 else ""
        cells.append(f"{first.value:.3f} [{first.low:.3f}, {first.high:.3f}]{span}")
    return f"| {name} | {' | '.join(cells)} | {seconds:.0f} |"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    data = load_dataset("vignettes")
    lines = [
        "# Made-up notes about fifty diseases",
        "",
        f"`python benchmarks/vignettes.py --seeds {' '.join(map(str, arguments.seeds))}`: {len(data.train)} training and",
        f"{len(data.test)} test notes. 95% bootstrap intervals over notes for the first seed (1,000 draws, seed 0).",
        "",
        "| reader | top-1 | top-5 | log-loss | seconds to train |",
        "|---|---|---|---|---|",
        row("Bayes (the generator's own posterior)", data, [bayes(data)], 0),
    ]
    for simple in ("majority", "logistic_regression"):
        start = time.perf_counter()
        p = baseline(simple, data)
        label = {"majority": "majority", "logistic_regression": "TF-IDF logistic regression"}[simple]
        lines.append(row(label, data, [p], time.perf_counter() - start))
    ps, seconds, answers = [], [], []
    for seed in arguments.seeds:
        model = deepbio.get_model("note_lstm", dataset=data, seed=seed)
        run = deepbio.fit(model, data, seed=seed, verbose=False)
        ps.append(deepbio.predict(model, data.test))
        seconds.append(run.seconds)
        p = deepbio.predict(model, [NOTE])[0]
        best = p.argsort()[::-1][:3]
        answers.append(f"- seed {seed}: " + ", ".join(f"{data.labels[i]} {p[i]:.3f}" for i in best))
        print(answers[-1], flush=True)
    lines.append(row("`note_lstm`", data, ps, np.mean(seconds)))
    lines += ["", "The note of the README, written by hand:", "", f"> {NOTE}", "", *answers]
    print("\n".join(lines))
    if arguments.out:
        arguments.out.parent.mkdir(parents=True, exist_ok=True)
        arguments.out.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
