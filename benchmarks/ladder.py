"""The ladder of image models on BreastMNIST: what each rung adds under one budget, and what a shifted image does to it.

    DEEPBIO_MIRROR=... python benchmarks/ladder.py --keep FOLDER --trunk PRESET [--figure docs/images/ladder.png]

Every rung sees the same 545 images for 20 epochs in batches of 32, with classes weighted equally, and keeps the weights of its last
epoch; the optimizer is the registered one of its architecture. Three seeds. `--trunk` is a preset of `image_cnn` trained on
PneumoniaMNIST: other organs, another kind of picture. `--lite` is EfficientNet-Lite0 with ImageNet weights, which sees the images
enlarged to 64 pixels. Both are tuned whole, with rates that fall with depth. For shifts every test image is moved by so many
pixels to each of four sides (the border repeated), and accuracy is the mean over the four.
"""

from __future__ import annotations

import argparse
import itertools
import os
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("MPLBACKEND", "Agg")

import numpy as np

from deepbio.datasets import load_dataset
from deepbio.inference import compare, predict
from deepbio.metrics import value
from deepbio.training import finetune, fit
from deepbio.zoo import get_model

DATA, SEEDS, SHIFTS = "breastmnist", range(3), range(7)
BUDGET = {"epochs": 20, "batch_size": 32, "patience": 0, "class_weight": "balanced", "verbose": False}
AUGMENT = [
    "flip",
    {"rotate": {"degrees": 10}},
    {"shift": {"share": 0.1}},
    {"zoom": {"share": 0.1}},
    {"contrast": {"share": 0.2}},
]
RESULTS = Path(__file__).parent / "results" / "ladder.md"


def scratch(name: str, augment="none", **config) -> Callable:
    def rung(data, seed, trunk):
        model = get_model(name, dataset=data, seed=seed, **config)
        fit(model, data, seed=seed, augment=augment, **BUDGET)
        return model

    return rung


def tuned(option: str) -> Callable:
    def rung(data, seed, trunks):
        # a network for images of another size stays as it is, and this one is made larger before it
        return finetune(trunks[option], data, seed=seed, augment=AUGMENT, adapter="fit", **BUDGET).model

    return rung


LADDER = {
    "logistic": scratch("logistic"),
    "mlp": scratch("mlp"),
    "lenet5": scratch("lenet5"),
    "small CNN": scratch("image_cnn"),
    "small CNN, augmented": scratch("image_cnn", AUGMENT),
    "small CNN, augmented, tuned from PneumoniaMNIST": tuned("trunk"),
    "EfficientNet-Lite0, augmented, tuned from ImageNet": tuned("lite"),
}
SHIFTED = ("mlp", "small CNN", "small CNN, augmented")


def moved(x: np.ndarray, down: int, right: int) -> np.ndarray:
    rows, columns = (np.clip(np.arange(28) - by, 0, 27) for by in (down, right))
    return np.ascontiguousarray(x[:, rows][:, :, columns])


def predictions(model, x: np.ndarray) -> np.ndarray:
    """Probabilities `(shifts, sides, n)`; without a shift all four are the same."""
    sides = ((1, 0), (-1, 0), (0, 1), (0, -1))
    return np.stack([[predict(model, moved(x, a * by, b * by)) for a, b in sides] for by in SHIFTS])


def file_of(keep: Path, name: str, seed: int) -> Path:
    return keep / f"{name.replace(', ', '-').replace(' ', '_')}-{seed}.npz"


def run(keep: Path, names: list[str], trunks: dict[str, str]) -> None:
    data = load_dataset(DATA)
    keep.mkdir(parents=True, exist_ok=True)
    for name, seed in itertools.product(names, SEEDS):
        if not file_of(keep, name, seed).exists():
            model = LADDER[name](data, seed, trunks)
            np.savez(file_of(keep, name, seed), p=predictions(model, data.test.x), parameters=model.count_params())


def found_in(keep: Path) -> dict[str, np.ndarray]:
    found = {}
    for name in LADDER:
        files = [file_of(keep, name, seed) for seed in SEEDS]
        if all(file.exists() for file in files):
            found[name] = np.stack([np.load(file)["p"] for file in files])
            found[name + "/parameters"] = np.load(files[0])["parameters"]
    return found


def rungs(found: dict[str, np.ndarray]) -> list[str]:
    return [name for name in LADDER if name in found]


def table(found: dict[str, np.ndarray]) -> str:
    data = load_dataset(DATA)
    y, task = np.asarray(data.test.y), data.task
    lines = [
        "# The ladder of image models",
        "",
        *__doc__.strip().split("\n")[4:],
        "",
        f"{len(data.train)} training and {len(y)} test images; mean ± deviation over {len(SEEDS)} seeds, and the 95% interval of "
        "the mean prediction of the three networks. `python benchmarks/ladder.py`.",
        "",
        "| rung | parameters | AUROC | accuracy | AUROC of the three together |",
        "|---|---|---|---|---|",
    ]
    for name in rungs(found):
        p = found[name][:, 0, 0]
        cells = [[value(metric, task, y, one) for one in p] for metric in ("auroc", "accuracy")]
        shown = " | ".join(f"{np.mean(v):.3f} ± {np.std(v, ddof=1):.3f}" for v in cells)
        together = compare(task, y, p.mean(axis=0), names=["auroc"])["auroc"]
        lines.append(f"| {name} | {int(found[name + '/parameters']):,} | {shown} | {together} |")
    lines += [
        "",
        "Accuracy on images that are moved, mean over seeds and four sides:",
        "",
        "| pixels | " + " | ".join(map(str, SHIFTS)) + " |",
        "|---|" + "---|" * len(SHIFTS),
        *(f"| {name} | " + " | ".join(f"{a:.3f}" for a in shifted(found[name], y)) + " |" for name in SHIFTED),
        "",
        f"Always saying the more frequent class is right in {max(y.mean(), 1 - y.mean()):.3f}.",
        "",
    ]
    return "\n".join(lines)


def shifted(p: np.ndarray, y: np.ndarray) -> np.ndarray:
    return ((p >= 0.5) == y).mean(axis=(0, 2, 3))


def draw(found: dict[str, np.ndarray], out: Path) -> None:
    from matplotlib import pyplot as plt

    y = np.asarray(load_dataset(DATA).test.y)
    task = load_dataset(DATA).task
    figure, (left, right) = plt.subplots(1, 2, figsize=(10.5, 3.8), width_ratios=(1.25, 1), layout="constrained")
    for i, name in enumerate(rungs(found)):
        scores = [value("auroc", task, y, one) for one in found[name][:, 0, 0]]
        left.plot(scores, [i] * len(scores), "o", color="#9ab", ms=5)
        left.plot(np.mean(scores), i, "|", color="#146", ms=16, mew=2.5)
    names = [name.replace(", tuned from", ",\ntuned from") for name in rungs(found)]
    left.set_yticks(range(len(names)), names)
    left.invert_yaxis()
    left.set_xlabel("AUROC on the test split (dots: seeds, bar: mean)")
    left.set_title("One budget, one set: BreastMNIST", fontsize=10)
    for name, style in zip(SHIFTED, ("o-", "s-", "^-"), strict=True):
        right.plot(list(SHIFTS), shifted(found[name], y), style, label=name)
    right.axhline(max(y.mean(), 1 - y.mean()), color="#999", ls=":", lw=1)
    right.text(0, max(y.mean(), 1 - y.mean()) - 0.008, "more frequent class", fontsize=8, color="#666")
    right.set_xlabel("test images moved by, pixels")
    right.set_ylabel("accuracy")
    right.legend(frameon=False, fontsize=8)
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(out, dpi=130)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", type=Path, required=True)
    parser.add_argument("--trunk", default="image_cnn.pneumoniamnist")
    parser.add_argument(
        "--lite", default="runs/efficientnet_lite0.imagenet", help="from zoo/_convert/efficientnet_lite0.py, --size 64"
    )
    parser.add_argument("--only", choices=list(LADDER), action="append")
    parser.add_argument("--figure", type=Path)
    parser.add_argument("--out", type=Path, default=RESULTS)
    asked = parser.parse_args()
    run(asked.keep, asked.only or list(LADDER), {"trunk": asked.trunk, "lite": asked.lite})
    found = found_in(asked.keep)
    if asked.only:
        return
    asked.out.write_text(table(found), encoding="utf-8")
    if asked.figure:
        draw(found, asked.figure)


if __name__ == "__main__":
    main()
