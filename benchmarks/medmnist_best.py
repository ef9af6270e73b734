"""deepbio's own recipes for PneumoniaMNIST and BreastMNIST: candidates compared on the validation split, one tested once.

    DEEPBIO_MIRROR=... python benchmarks/medmnist_best.py --keep FOLDER [--minutes 30] [--only breastmnist]
    DEEPBIO_MIRROR=... python benchmarks/medmnist_best.py --keep FOLDER --test

Candidates are forms of `image_cnn` (under 0.3 million parameters). Fixed before any run: the splits without images that stand twice,
classes weighted equally (both sets are skewed, and the test split of PneumoniaMNIST otherwise than its training split), AdamW at
0.002 with cosine decay, the same number of epochs for all, and of those the one with the best validation AUROC. Candidates are
compared by mean validation AUROC over two seeds; the chosen one gets a third. Each run is a preset in FOLDER, so the work can be
done in pieces. `--test` is for the end: it predicts the test split with the chosen recipe.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from deepbio.datasets import load_dataset
from deepbio.inference import compare, predict
from deepbio.metrics import value
from deepbio.training import fit
from deepbio.zoo import get_model

RESULTS = Path(__file__).parent / "results" / "medmnist_best.md"
SEARCH, SEEDS = range(2), range(3)  # the candidates are compared with two seeds; the chosen one gets a third
EPOCHS = {"pneumoniamnist": 6, "breastmnist": 40}
FLIPS = [
    "flip",
    {"rotate": {"degrees": 10}},
    {"shift": {"share": 0.1}},
    {"zoom": {"share": 0.1}},
    {"contrast": {"share": 0.2}},
]
CANDIDATES = {
    "pneumoniamnist": {
        "plain": ({}, "none"),
        "medical": ({}, "medical"),
        "wider, medical": ({"filters": [32, 64, 128]}, "medical"),
    },
    "breastmnist": {
        "plain": ({}, "none"),
        "flips and medical": ({}, FLIPS),
        "wider, flips and medical": ({"filters": [32, 64, 128]}, FLIPS),
    },
}
PUBLISHED = {  # Yang et al. 2023, doi:10.1038/s41597-022-01721-8, 28 pixels: AUROC and accuracy
    "pneumoniamnist": {"ResNet-18": (0.944, 0.854), "ResNet-50": (0.948, 0.854)},
    "breastmnist": {"ResNet-18": (0.901, 0.863), "ResNet-50": (0.857, 0.812)},
}
TRAINING = {"class_weight": "balanced", "monitor": "auroc", "label_smoothing": 0.1}


def folder_of(keep: Path, name: str, candidate: str, seed: int) -> Path:
    return keep / name / candidate.replace(", ", "-").replace(" ", "_") / f"seed-{seed}"


def train(keep: Path, name: str, candidate: str, seed: int) -> None:
    config, augment = CANDIDATES[name][candidate]
    folder = folder_of(keep, name, candidate, seed)
    if (folder / "preset.json").exists():
        return
    data = load_dataset(name)
    model = get_model("image_cnn", dataset=data, seed=seed, **config)
    epochs = EPOCHS[name]
    fit(model, data, out=folder, seed=seed, epochs=epochs, patience=epochs, augment=augment, resume=True, **TRAINING)


def on_validation(keep: Path, name: str) -> dict[str, list[float]]:
    found = {}
    for candidate in CANDIDATES[name]:
        files = [folder_of(keep, name, candidate, seed) / "metrics.json" for seed in SEARCH]
        if all(file.exists() for file in files):
            found[candidate] = [json.loads(file.read_text())["valid"]["metrics"]["auroc"]["value"] for file in files]
    return found


def choice(keep: Path, name: str) -> str:
    valid = on_validation(keep, name)
    if len(valid) < len(CANDIDATES[name]):
        raise SystemExit(f"{name}: not all candidates are trained yet.")
    return max(valid, key=lambda candidate: np.mean(valid[candidate]))


def tested(keep: Path, name: str) -> list[str]:
    valid, data, chosen = on_validation(keep, name), load_dataset(name), choice(keep, name)
    models = [get_model(folder_of(keep, name, chosen, seed)) for seed in SEEDS]
    p = np.stack([predict(model, data.test) for model in models])
    y = np.asarray(data.test.y)
    both = [[value(metric, data.task, y, one) for one in p] for metric in ("auroc", "accuracy")]
    first = compare(data.task, y, p[0], names=["auroc", "accuracy"])
    together = compare(data.task, y, p.mean(axis=0), names=["auroc", "accuracy"])
    spread = " | ".join(f"{np.mean(v):.3f} ± {np.std(v, ddof=1):.3f}" for v in both)
    return [
        f"## {name}",
        "",
        f"{len(data.train)} training, {len(data.valid)} validation, {len(y)} test images; {EPOCHS[name]} epochs.",
        "",
        "| candidate | validation AUROC, mean of two seeds (each) |",
        "|---|---|",
        *(
            f"| {c}{' (chosen)' if c == chosen else ''} | {np.mean(v):.4f} ({', '.join(f'{one:.4f}' for one in v)}) |"
            for c, v in valid.items()
        ),
        "",
        "| on the test split | parameters | AUROC | accuracy |",
        "|---|---|---|---|",
        f"| `image_cnn`, {chosen}: mean ± deviation over {len(p)} seeds | {models[0].count_params():,} | {spread} |",
        f"| seed 0, the preset `image_cnn.{name}`, 95% interval | {models[0].count_params():,} | {first['auroc']} "
        f"| {first['accuracy']} |",
        f"| mean of the {len(p)} networks, 95% interval | {sum(m.count_params() for m in models):,} | {together['auroc']} "
        f"| {together['accuracy']} |",
        *(f"| published {n}, 28 px | | {a:.3f} | {b:.3f} |" for n, (a, b) in PUBLISHED[name].items()),
        "",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=1e9, help="start no run after so long")
    parser.add_argument("--only", choices=list(CANDIDATES))
    parser.add_argument("--test", action="store_true")
    parser.add_argument("--out", type=Path, default=RESULTS)
    asked = parser.parse_args()
    names = [asked.only] if asked.only else list(CANDIDATES)
    if asked.test:
        about = ["# Own recipes for small MedMNIST sets", "", *__doc__.strip().split("\n")[5:], ""]
        asked.out.write_text(
            "\n".join(about + [line for name in names for line in tested(asked.keep, name)]), encoding="utf-8"
        )
        return
    end = time.monotonic() + 60 * asked.minutes
    for seed in SEARCH:
        for name in names:
            for candidate in CANDIDATES[name]:
                if time.monotonic() < end:
                    train(asked.keep, name, candidate, seed)
    for name in names:
        if time.monotonic() < end:
            train(asked.keep, name, choice(asked.keep, name), SEEDS[-1])


if __name__ == "__main__":
    main()
