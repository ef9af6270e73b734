"""The ladder of image models on BreastMNIST: what each rung adds under one budget, and what a shifted image does to it.

    DEEPBIO_MIRROR=... python benchmarks/ladder.py --cache FOLDER [--trunk PRESET] [--lite PRESET] [--figure docs/images/ladder.png]

Every rung sees the same 545 images for 20 epochs in batches of 32, with classes weighted equally, and keeps the weights of its last
epoch; the optimizer is the registered one of its architecture. Three seeds. `--trunk` is a preset of `image_cnn` trained on
PneumoniaMNIST: other organs, another kind of picture. `--lite` is EfficientNet-Lite0 with ImageNet weights, which sees the images
enlarged to 64 pixels. Both are fine-tuned whole, with rates that fall with depth. For shifts every test image is moved by so many
pixels to each of four sides (the border repeated), and accuracy is the mean over the four.
"""

import itertools
from collections.abc import Callable
from pathlib import Path

import numpy as np
from _table import Cache, script, table, write_page

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
    {"shift": {"factor": 0.1}},
    {"zoom": {"factor": 0.1}},
    {"contrast": {"factor": 0.2}},
]


def scratch(name: str, augment="none") -> Callable:
    def rung(data, seed, _):
        model = get_model(name, dataset=data, seed=seed)
        fit(model, data, seed=seed, augment=augment, **BUDGET)
        return model

    return rung


def tuned(option: str) -> Callable:
    def rung(data, seed, presets):
        # a network for images of another size stays as it is, and this one is made larger before it
        return finetune(presets[option], data, seed=seed, augment=AUGMENT, adapter="fit", **BUDGET).model

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


def predictions(model, x: np.ndarray) -> np.ndarray:
    """Return probabilities `(shifts, sides, n)`; without a shift all four are the same."""

    def moved(down: int, right: int) -> np.ndarray:
        rows, columns = (np.clip(np.arange(28) - by, 0, 27) for by in (down, right))
        return np.ascontiguousarray(x[:, rows][:, :, columns])

    sides = ((1, 0), (-1, 0), (0, 1), (0, -1))
    return np.stack([[predict(model, moved(a * by, b * by)) for a, b in sides] for by in SHIFTS])


def shifted(p: np.ndarray, y: np.ndarray) -> np.ndarray:
    return ((p >= 0.5) == y).mean(axis=(0, 2, 3))


def draw(found: dict[str, np.ndarray], task, y: np.ndarray, out: Path) -> None:
    from matplotlib import pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(10.5, 3.8), width_ratios=(1.25, 1), layout="constrained")
    for i, p in enumerate(found.values()):
        scores = [value("auroc", task, y, one) for one in p[:, 0, 0]]
        left.plot(scores, [i] * len(scores), "o", color="#9ab", ms=5)
        left.plot(np.mean(scores), i, "|", color="#146", ms=16, mew=2.5)
    left.set_yticks(range(len(found)), [name.replace(", tuned from", ",\ntuned from") for name in found])
    left.invert_yaxis()
    left.set_xlabel("AUROC on the test split (dots: seeds, bar: mean)")
    left.set_title("One budget, one set: BreastMNIST", fontsize=10)
    for name, style in zip(SHIFTED, ("o-", "s-", "^-"), strict=True):
        right.plot(list(SHIFTS), shifted(found[name], y), style, label=name)
    frequent = max(y.mean(), 1 - y.mean())
    right.axhline(frequent, color="#999", ls=":", lw=1)
    right.text(0, frequent - 0.008, "more frequent class", fontsize=8, color="#666")
    right.set(xlabel="test images moved by, pixels", ylabel="accuracy")
    right.legend(frameon=False, fontsize=8)
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(out, dpi=130)


@script(
    __doc__,
    cache=True,
    only=list(LADDER),
    trunk="image_cnn.pneumoniamnist",
    lite="runs/efficientnet_lite0.imagenet",  # made by zoo/_convert/efficientnet_lite0.py, --size 64
    figure=Path,
)
def main(arguments):
    cache, data, presets = Cache(arguments), load_dataset(DATA), {"trunk": arguments.trunk, "lite": arguments.lite}

    def computed(name, seed):
        model = LADDER[name](data, seed, presets)
        return {"p": predictions(model, data.test.x), "parameters": model.count_params()}

    names = arguments.only
    runs = {(n, s): cache(f"{n}-{s}", lambda n=n, s=s: computed(n, s)) for n, s in itertools.product(names, SEEDS)}
    cache.stop_if_incomplete()
    found = {name: np.stack([runs[name, seed]["p"] for seed in SEEDS]) for name in names}
    y, task, rows = np.asarray(data.test.y), data.task, []
    for name, p in found.items():
        scores = [[value(metric, task, y, one) for one in p[:, 0, 0]] for metric in ("auroc", "accuracy")]
        shown = [f"{np.mean(v):.3f} ± {np.std(v, ddof=1):.3f}" for v in scores]
        together = compare(task, y, p[:, 0, 0].mean(axis=0), names=["auroc"])["auroc"]
        rows.append([name, f"{int(runs[name, 0]['parameters']):,}", *shown, together])
    moved = [[name, *(f"{a:.3f}" for a in shifted(found[name], y))] for name in SHIFTED if name in found]
    parts = [
        (__doc__ or "").strip().split("\n")[4:],
        f"{len(data.train)} training and {len(y)} test images; mean ± standard deviation over {len(SEEDS)} seeds, and the "
        "95% interval of the mean prediction of the three networks.",
        table(("rung", "parameters", "AUROC", "accuracy", "AUROC of the three together"), rows),
        "Accuracy on images that are moved, mean over seeds and four sides:",
        table(("pixels", *SHIFTS), moved),
        f"Always predicting the more frequent class is right in {max(y.mean(), 1 - y.mean()):.3f}.",
    ]
    write_page(arguments, "The ladder of image models", "", *parts)
    if arguments.figure:
        draw(found, task, y, arguments.figure)
