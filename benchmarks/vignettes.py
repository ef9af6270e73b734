"""Notes with known truth: presets and bag-of-words beside the best possible reader.

    python benchmarks/vignettes.py --diseases 50 [--preset note_evidence.vignettes] [--train note_lstm --seeds 0 1]
        [--out benchmarks/results/vignettes.md]

The generator's posterior is exact (`deepbio.datasets.vignettes.posterior`), so "Bayes" is what no model can beat on average. All
are judged on the test split of `load_dataset("vignettes", diseases=N)`, 2,000 notes that nothing was chosen on. A preset may have
been trained on more notes, of another seed; a test note whose text is among them too is left out for all. `--out` adds to what is
there.
"""

import json
import time

import numpy as np
from _table import ROOT, script, span, table, write_page

import deepbio
from deepbio.benchmark import baseline
from deepbio.datasets import load_dataset
from deepbio.datasets.vignettes import posterior, simulate_vignettes
from deepbio.inference import compare
from deepbio.zoo import describe

METRICS = ["accuracy", "top_5", "log_loss"]
TITLES = {"majority": "majority", "logistic_regression": "TF-IDF logistic regression"}
NOTES = json.loads((ROOT / "tests/data/handwritten_notes.json").read_text(encoding="utf-8"))
README = (
    "A six-year-old boy has had a high fever for three days, extremely red eyes, a rash on the trunk, a swollen red strawberry "
    "tongue, swollen neck lymph nodes and is irritable."
)


def bayes(data) -> np.ndarray:
    """Return the exact posterior of each test note, which is found again among the generator's notes by its number."""
    numbers = [int(name.split(":")[1]) - 1 for name in data.test.ids]
    notes = simulate_vignettes(data.options["diseases"], max(numbers) + 1, seed=data.options["seed"])
    assert [notes.texts[i] for i in numbers] == list(data.test.groups)
    return posterior(notes.findings[numbers], notes.model)


def texts_of_training(chosen) -> set[str]:
    """Return the texts that a preset was trained and chosen on, and some more of the same seed."""
    drawn = int(1.02 * sum(chosen[part] for part in ("train", "valid", "test"))) + 100
    return set(simulate_vignettes(chosen["diseases"], drawn, seed=chosen["seed"]).texts)


def row(name, task, y, ps, notes, seconds="") -> list[str]:
    found, figures = [compare(task, y, p, names=METRICS) for p in ps], []
    for metric in METRICS:
        first, values = found[0][metric], [f[metric].value for f in found]
        across = f", seeds {min(values):.3f} to {max(values):.3f}" if len(ps) > 1 else ""
        figures.append(span(first.value, first.low, first.high) + across)
    print(name, *figures, flush=True)
    return [name, notes, *figures, seconds]


def handwritten(model, name: str) -> list:
    labels = describe(model).task.labels
    p = deepbio.predict(model, [note["note"] for note in NOTES] + [README])
    truth, rows = [note["disease"] for note in NOTES] + ["Kawasaki disease"], []
    for disease, one in zip(truth, p, strict=True):
        own = one[labels.index(disease)]
        rows.append([disease, 1 + int((one > own).sum()), f"{own:.3f}", labels[int(one.argmax())]])
    lines = table(("written by hand about", "rank", "p", "first"), rows)
    return [f"Notes written by hand, read by {name}:", lines]


@script(__doc__, diseases="50", preset=[], train=[], baselines=list(TITLES), seeds=[0])
def main(arguments):
    number = arguments.diseases if arguments.diseases == "all" else int(arguments.diseases)
    data, seen = load_dataset("vignettes", diseases=number), set()
    for name in arguments.preset:
        seen |= texts_of_training(describe(deepbio.get_model(name)).dataset["options"])
    kept = np.array([text not in seen for text in data.test.groups])
    test, few = data.test.take(np.flatnonzero(kept)), f"{len(data.train):,}"
    task, y, parts = data.task, test.y, []
    rows = [row("Bayes (the generator's own posterior)", task, y, [bayes(data)[kept]], "none")]
    for simple in arguments.baselines:
        start = time.perf_counter()
        p = baseline(simple, data)[kept]
        rows.append(row(TITLES.get(simple, simple), task, y, [p], few, f"{time.perf_counter() - start:.0f}"))
    for name in arguments.train:
        ps, seconds = [], []
        for seed in arguments.seeds:
            model = deepbio.get_model(name, dataset=data, seed=seed)
            seconds.append(deepbio.fit(model, data, seed=seed, verbose=False).seconds)
            ps.append(deepbio.predict(model, test))
            parts += handwritten(model, f"`{name}` of seed {seed}") if number == 50 else []
        rows.append(row(f"`{name}`", task, y, ps, few, f"{np.mean(seconds):.0f}"))
    for name in arguments.preset:
        model = deepbio.get_model(name)
        p = deepbio.predict(model, [str(text) for text in test.groups])
        rows.append(row(f"preset `{name}`", task, y, [p], f"{describe(model).dataset['options']['train']:,}"))
        parts += handwritten(model, f"`{name}`") if number == 50 else []
    about = (
        f"{len(data.labels):,} diseases, {len(test):,} test notes ({int((~kept).sum())} left out because a preset's notes contain the "
        "same text). 95% bootstrap intervals over notes for the first seed (1,000 resamples, seed 0)."
    )
    header = ("reader", "training notes", "top-1", "top-5", "log-loss", "seconds to train")
    write_page(arguments, "Synthetic notes", about, table(header, rows), *parts, append=True)
