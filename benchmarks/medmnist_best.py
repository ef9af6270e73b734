"""deepbio's own recipes for PneumoniaMNIST and BreastMNIST: candidates compared on the validation split, one tested once.

    DEEPBIO_MIRROR=... python benchmarks/medmnist_best.py --cache FOLDER [--minutes 30] [--only breastmnist]
    DEEPBIO_MIRROR=... python benchmarks/medmnist_best.py --cache FOLDER --test --out benchmarks/results/medmnist_best.md

Candidates are forms of `image_cnn` (under 0.3 million parameters). Fixed before any run: the splits without images that occur twice,
classes weighted equally (both sets are imbalanced, and the test split of PneumoniaMNIST otherwise than its training split), AdamW at
0.002 with cosine decay, the same number of epochs for all, and of those the one with the best validation AUROC. Candidates are
compared by mean validation AUROC over two seeds; the chosen one gets a third. Each run is a preset in FOLDER, so the work can be
done in pieces. `--test` is for the end: it predicts the test split with the chosen recipe.
"""

import itertools
import json
import time
from pathlib import Path

import numpy as np
from _table import script, table, write_page
from ladder import AUGMENT

from deepbio.datasets import load_dataset
from deepbio.inference import compare, predict
from deepbio.metrics import value
from deepbio.training import fit
from deepbio.zoo import get_model

SEARCH, SEEDS = range(2), range(3)  # the candidates are compared with two seeds; the chosen one gets a third
EPOCHS = {"pneumoniamnist": 6, "breastmnist": 40}
CANDIDATES = {
    "pneumoniamnist": {
        "plain": ({}, "none"),
        "medical": ({}, "medical"),
        "wider, medical": ({"filters": [32, 64, 128]}, "medical"),
    },
    "breastmnist": {
        "plain": ({}, "none"),
        "flips and medical": ({}, AUGMENT),
        "wider, flips and medical": ({"filters": [32, 64, 128]}, AUGMENT),
    },
}
PUBLISHED = {  # Yang et al. 2023, doi:10.1038/s41597-022-01721-8, 28 pixels: AUROC and accuracy
    "pneumoniamnist": {"ResNet-18": (0.944, 0.854), "ResNet-50": (0.948, 0.854)},
    "breastmnist": {"ResNet-18": (0.901, 0.863), "ResNet-50": (0.857, 0.812)},
}
TRAINING = {"class_weight": "balanced", "monitor": "auroc", "label_smoothing": 0.1}


def folder_of(cache: Path, name: str, candidate: str, seed: int) -> Path:
    return cache / name / candidate.replace(", ", "-").replace(" ", "_") / f"seed-{seed}"


def train(cache: Path, name: str, candidate: str, seed: int) -> None:
    (config, augment), epochs = CANDIDATES[name][candidate], EPOCHS[name]
    folder = folder_of(cache, name, candidate, seed)
    if not (folder / "preset.json").exists():
        data = load_dataset(name)
        model = get_model("image_cnn", dataset=data, seed=seed, **config)
        fit(
            model, data, out=folder, seed=seed, epochs=epochs, patience=epochs, augment=augment, resume=True, **TRAINING
        )


def on_validation(cache: Path, name: str) -> dict[str, list[float]]:
    found = {}
    for candidate in CANDIDATES[name]:
        files = [folder_of(cache, name, candidate, seed) / "metrics.json" for seed in SEARCH]
        if not all(file.exists() for file in files):
            raise SystemExit(f"{name}: not all candidates are trained yet.")
        found[candidate] = [json.loads(file.read_text())["valid"]["metrics"]["auroc"]["value"] for file in files]
    return found


def choice(cache: Path, name: str) -> str:
    valid = on_validation(cache, name)
    return max(valid, key=lambda candidate: np.mean(valid[candidate]))


def tested(cache: Path, name: str) -> list:
    valid, data, chosen = on_validation(cache, name), load_dataset(name), choice(cache, name)
    models = [get_model(folder_of(cache, name, chosen, seed)) for seed in SEEDS]
    p, y = np.stack([predict(model, data.test) for model in models]), np.asarray(data.test.y)
    names = ["auroc", "accuracy"]
    spread = [f"{np.mean(v):.3f} ± {np.std(v, ddof=1):.3f}"
              for v in ([value(metric, data.task, y, one) for one in p] for metric in names)]  # fmt: skip
    first, together = (compare(data.task, y, q, names=names) for q in (p[0], p.mean(axis=0)))
    size = models[0].count_params()
    candidates = [
        [f"{c}{' (chosen)' * (c == chosen)}", f"{np.mean(v):.4f} ({', '.join(f'{one:.4f}' for one in v)})"]
        for c, v in valid.items()
    ]
    results = [
        [f"`image_cnn`, {chosen}: mean ± standard deviation over {len(p)} seeds", f"{size:,}", *spread],
        [f"seed 0, the preset `image_cnn.{name}`, 95% interval", f"{size:,}", *(first[n] for n in names)],
        [f"mean of the {len(p)} networks, 95% interval", f"{size * len(p):,}", *(together[n] for n in names)],
        *([f"published {n}, 28 px", "", *map("{:.3f}".format, pair)] for n, pair in PUBLISHED[name].items()),
    ]
    return [
        f"## {name}",
        f"{len(data.train)} training, {len(data.valid)} validation, {len(y)} test images; {EPOCHS[name]} epochs.",
        table(("candidate", "validation AUROC, mean of two seeds (each)"), candidates),
        table(("on the test split", "parameters", "AUROC", "accuracy"), results),
    ]


@script(__doc__, cache=True, only=list(CANDIDATES), test=False)
def main(arguments):
    names = arguments.only
    if arguments.test:
        about = "\n".join((__doc__ or "").strip().split("\n")[5:])
        parts = [part for name in names for part in tested(arguments.cache, name)]
        write_page(arguments, "Own recipes for small MedMNIST sets", about, *parts)
        return
    end = time.monotonic() + 60 * arguments.minutes
    for seed, name in itertools.product(SEARCH, names):
        for candidate in CANDIDATES[name]:
            if time.monotonic() < end:
                train(arguments.cache, name, candidate, seed)
    for name in names:
        if time.monotonic() < end:
            train(arguments.cache, name, choice(arguments.cache, name), SEEDS[-1])
