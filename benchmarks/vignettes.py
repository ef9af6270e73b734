"""Notes with known truth: presets and bag-of-words beside the best possible reader.

    python benchmarks/vignettes.py --diseases 50 [--preset note_evidence.vignettes] [--train note_lstm --seeds 0 1]
        [--out benchmarks/results/vignettes.md]

The generator's posterior is exact (`deepbio.datasets.vignettes.posterior`), so "Bayes" is what no model can beat on average. All
are judged on the test split of `load_dataset("vignettes", diseases=N)`, 2,000 notes that nothing was chosen on. A preset may have
been trained on more notes, of another seed; a test note whose text stands among them too is left out for all.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

import deepbio
from deepbio.benchmark import baseline
from deepbio.datasets import load_dataset
from deepbio.datasets.vignettes import posterior, simulate_vignettes
from deepbio.inference import compare
from deepbio.zoo import describe

METRICS = ["accuracy", "top_5", "log_loss"]
NOTES = json.loads((Path(__file__).parents[1] / "tests/data/handwritten_notes.json").read_text(encoding="utf-8"))
README = (
    "A six-year-old boy has had a high fever for three days, extremely red eyes, a rash on the trunk, a swollen red strawberry "
    "tongue, swollen neck lymph nodes and is irritable."
)


def bayes(data) -> np.ndarray:
    """The exact posterior of each test note, found again among the generator's notes by its number."""
    numbers = [int(name.split(":")[1]) - 1 for name in data.test.ids]
    notes = simulate_vignettes(data.options["diseases"], max(numbers) + 1, seed=data.options["seed"])
    assert [notes.texts[i] for i in numbers] == list(data.test.groups)
    return posterior(notes.findings[numbers], notes.model)


def texts_of_training(options) -> set[str]:
    """The texts that a preset was trained and chosen on, and some more of the same seed."""
    drawn = int(1.02 * sum(options[part] for part in ("train", "valid", "test"))) + 100
    return set(simulate_vignettes(options["diseases"], drawn, seed=options["seed"]).texts)


def row(name, task, y, ps, notes, seconds) -> str:
    found = [compare(task, y, p, names=METRICS) for p in ps]
    cells = []
    for metric in METRICS:
        first, values = found[0][metric], [f[metric].value for f in found]
        span = f", seeds {min(values):.3f} to {max(values):.3f}" if len(ps) > 1 else ""
        cells.append(f"{first.value:.3f} [{first.low:.3f}, {first.high:.3f}]{span}")
    line = f"| {name} | {notes} | {' | '.join(cells)} | {seconds} |"
    print(line, flush=True)
    return line


def written_by_hand(model) -> list[str]:
    labels = describe(model).task.labels
    p = deepbio.predict(model, [note["note"] for note in NOTES] + [README])
    truth = [note["disease"] for note in NOTES] + ["Kawasaki disease"]
    lines = ["| written by hand about | rank | p | first |", "|---|---|---|---|"]
    for name, one in zip(truth, p, strict=True):
        rank = 1 + int((one > one[labels.index(name)]).sum())
        lines.append(f"| {name} | {rank} | {one[labels.index(name)]:.3f} | {labels[int(one.argmax())]} |")
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--diseases", default="50")
    parser.add_argument("--preset", nargs="*", default=[])
    parser.add_argument("--train", nargs="*", default=[])
    parser.add_argument("--baselines", nargs="*", default=["majority", "logistic_regression"])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    number = arguments.diseases if arguments.diseases == "all" else int(arguments.diseases)
    data = load_dataset("vignettes", diseases=number)
    seen: set[str] = set()
    for name in arguments.preset:
        seen |= texts_of_training(describe(deepbio.get_model(name)).dataset["options"])
    kept = np.array([text not in seen for text in data.test.groups])
    test = data.test.take(np.flatnonzero(kept))
    y, few = test.y, f"{len(data.train):,}"
    command = " ".join(
        ["python benchmarks/vignettes.py --diseases", arguments.diseases]
        + [f"--preset {' '.join(arguments.preset)}"] * bool(arguments.preset)
        + [f"--train {' '.join(arguments.train)} --seeds {' '.join(map(str, arguments.seeds))}"] * bool(arguments.train)
    )
    lines = [
        f"## {len(data.labels):,} diseases",
        "",
        f"`{command}`: {len(test):,} test notes ({int((~kept).sum())} left out because a preset's notes hold the same text).",
        "95% bootstrap intervals over notes for the first seed (1,000 draws, seed 0).",
        "",
        "| reader | training notes | top-1 | top-5 | log-loss | seconds to train |",
        "|---|---|---|---|---|---|",
    ]
    lines.append(row("Bayes (the generator's own posterior)", data.task, y, [bayes(data)[kept]], "none", ""))
    titles = {"majority": "majority", "logistic_regression": "TF-IDF logistic regression"}
    for simple in arguments.baselines:
        start = time.perf_counter()
        p = baseline(simple, data)[kept]
        lines.append(row(titles.get(simple, simple), data.task, y, [p], few, f"{time.perf_counter() - start:.0f}"))
    said = []
    for name in arguments.train:
        ps, seconds = [], []
        for seed in arguments.seeds:
            model = deepbio.get_model(name, dataset=data, seed=seed)
            seconds.append(deepbio.fit(model, data, seed=seed, verbose=False).seconds)
            ps.append(deepbio.predict(model, test))
            if number == 50:
                said += ["", f"Notes written by hand, read by `{name}` of seed {seed}:", "", *written_by_hand(model)]
        lines.append(row(f"`{name}`", data.task, y, ps, few, f"{np.mean(seconds):.0f}"))
    for name in arguments.preset:
        model = deepbio.get_model(name)
        p = deepbio.predict(model, [str(text) for text in test.groups])
        notes = f"{describe(model).dataset['options']['train']:,}"
        lines.append(row(f"preset `{name}`", data.task, y, [p], notes, ""))
        if number == 50:
            said += ["", f"Notes written by hand, read by `{name}`:", "", *written_by_hand(model)]
    lines += said
    print("\n".join(lines))
    if arguments.out:
        arguments.out.parent.mkdir(parents=True, exist_ok=True)
        arguments.out.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
