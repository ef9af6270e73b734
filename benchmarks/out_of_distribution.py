"""How well out-of-distribution scores tell other data from the test split of a preset.

DEEPBIO_MIRROR=../shared/data python benchmarks/out_of_distribution.py --out benchmarks/results/out_of_distribution.md

AUROC and the false positive rate at 95% detected, with 95% intervals; positives are the examples of the other set.
"""

import numpy as np
from _table import script, span, table, write_page

from deepbio.datasets import load_dataset
from deepbio.errors import ModelError
from deepbio.inference import ood_score
from deepbio.metrics import summarize
from deepbio.metrics.intervals import wilson
from deepbio.specs import Task
from deepbio.zoo import get_model

METHODS = ("logits", "normalized_energy", "knn", "mahalanobis")


def shuffled(x: np.ndarray) -> np.ndarray:
    return np.random.default_rng(0).permuted(x, axis=1)


def promoters(length: int) -> np.ndarray:
    data = load_dataset("ecoli_promoters")
    x = np.concatenate([np.asarray(part.x[np.arange(len(part))]) for _, part in data.splits()])
    return np.pad(x, ((0, 0), (0, length)), mode="wrap")[:, :length]


def images(name: str) -> np.ndarray:
    split = load_dataset(name).test
    return np.asarray(split.x[np.arange(min(len(split), 600))])


def digits(size: int) -> np.ndarray:
    x = images("digits")
    times = size // x.shape[1] + 1
    return np.repeat(np.repeat(x, times, axis=1), times, axis=2)[:, :size, :size]


def other_sets(name: str, x: np.ndarray) -> dict[str, np.ndarray]:
    if name == "uci_splice":
        return {"shuffled windows (near)": shuffled(x), "E. coli promoters (far)": promoters(x.shape[1])}
    other = "pneumoniamnist" if name == "breastmnist" else "breastmnist"
    return {f"{other}: another organ (near)": images(other), "digits (far)": digits(x.shape[1])}


def row(preset: str, other: str, method: str, inside: np.ndarray, outside: np.ndarray) -> list[str]:
    y, p = np.repeat([0, 1], [len(inside), len(outside)]), np.concatenate([inside, outside])
    area = summarize(Task("binary", 1), y, p, metrics=["auroc"])["auroc"]
    wrong = float((inside >= np.quantile(outside, 0.05)).mean())
    rate = wilson(wrong, 0.0, len(inside))
    return [preset, other, method, span(area.value, area.low, area.high), span(rate.value, rate.low, rate.high)]


@script(__doc__, presets=["dna_cnn.uci_splice", "image_cnn.pneumoniamnist", "image_cnn.breastmnist"])
def main(arguments):
    rows, left = [], []
    for preset in arguments.presets:
        name = preset.split(".")[1]
        model, data = get_model(preset), load_dataset(name)
        sets = other_sets(name, np.asarray(data.test.x[np.arange(len(data.test))]))
        for method in METHODS:
            try:
                inside = ood_score(model, data.test, method=method, reference=data.train)
            except ModelError as error:
                left.append(f"{preset}, {method}: {error}")
                continue
            for other, x in sets.items():
                rows.append(
                    row(preset, other, method, inside, ood_score(model, x, method=method, reference=data.train))
                )
    header = ("preset", "other set", "score", "AUROC", "FPR at 95%")
    about = "The test split of the preset's data set against the other set; neither chose anything."
    write_page(
        arguments, "How well out-of-distribution scores work", about, table(header, rows), [f"- {one}" for one in left]
    )
