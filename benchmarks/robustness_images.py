"""Images under attack and damage: accuracy over epsilon, MedMNIST-C errors, certified accuracy, and printed photographs.

    python benchmarks/robustness_images.py --cache DIR [--minutes M] [--sets NAME ...] [--examples N] [--figure FILE.png] [--out FILE]

Three networks per data set, 28 pixels: `mlp` and `image_cnn` trained plainly, and `image_cnn` by PGD at epsilon 4/255 (four steps).
Twelve epochs each. Attacks are on the first `--examples` test images. The errors under MedMNIST-C are those of the presets
`image_cnn.*`. The smoothed classifier is an `image_cnn` trained with noise of standard deviation 0.12.
"""

from pathlib import Path
from typing import Any

import keras
import numpy as np
from _table import Cache, script, span, table, write_page

import deepbio
from deepbio.datasets import load_dataset
from deepbio.interpret.drawing import new_figure, save_figure
from deepbio.robustness import (
    Photograph,
    attack_images,
    autoattack_small,
    certify,
    corruption_errors,
    destruction_rate,
    masking_checks,
    medmnist_c,
)

SETS = ("pneumoniamnist", "breastmnist")
EPSILONS = (1, 2, 4, 8)
ALEXNET = {"pneumoniamnist": (0.101, 0.265), "breastmnist": (0.145, 0.299)}  # Di Salvo et al. 2024, 224 pixels
STD = 0.12
RADII = (0.0, 0.05, 0.1, 0.2, 0.3)
NETWORKS = {
    "mlp": ("mlp", None),
    "image_cnn": ("image_cnn", None),
    "image_cnn, PGD 4/255": ("image_cnn", {"attack": "pgd", "epsilon": 4 / 255, "steps": 4}),
    "image_cnn, noise": ("image_cnn", {"attack": "noise", "std": STD}),
}


def stored(found: np.ndarray) -> str:
    """Return a figure and its interval."""
    value, low, high = found.tolist()
    return span(value, low, high)


def trained(name: str, data, cache: Cache) -> keras.Model | None:
    """Return a network with its trained weights, `None` if there is no time to train it."""
    kind, adversarial = NETWORKS[name]

    def compute():
        model = deepbio.get_model(kind, dataset=data, seed=0)
        deepbio.fit(
            model, data, epochs=12, batch_size=64, class_weight="balanced", schedule="cosine", adversarial=adversarial, seed=0,
            verbose=False,
        )  # fmt: skip
        return {f"w{i}": weights for i, weights in enumerate(model.get_weights())}

    found = cache(f"weights {name} {data.name}", compute)
    if found is None:
        return None
    model = deepbio.get_model(kind, dataset=data, seed=0)
    model.set_weights([found[f"w{i}"] for i in range(len(model.weights))])
    return model


def under_attack(model, x, y, epsilon: float) -> dict:
    """Return accuracies without and with each attack, and the interval of the strongest."""
    found = autoattack_small(model, x, y, epsilon=epsilon, steps=40, queries=500)
    strongest = found.robust_accuracy()
    steps: dict[str, dict[str, Any]] = {"fgsm": {}, "pgd": {"steps": 20}, "square": {"steps": 500}}
    others = {
        name: attack_images(model, x, y, attack=name, epsilon=epsilon, **options).robust_accuracy().value
        for name, options in steps.items()
    }
    as_bytes = (
        attack_images(model, x, y, attack="pgd", steps=20, epsilon=epsilon, as_bytes=True).robust_accuracy().value
    )
    interval = {"value": strongest.value, "low": strongest.low, "high": strongest.high}
    return {"clean": found.clean_accuracy().value, "bytes": as_bytes, **others, **interval}


def inside_radius(model, x, y, certified, tries: int) -> dict:
    """Attack the smoothed classifier inside certified radii: how many of the tries change its prediction."""
    chosen = np.flatnonzero((certified.predicted == y) & (certified.radius > 0))
    random = np.random.Generator(np.random.Philox(0))
    pixels, made, changed = x.astype(np.float32) / 255, 0, 0
    sample = np.random.Generator(np.random.Philox(1))
    while made < tries:
        for i in chosen:
            radius, toward = 0.999 * certified.radius[i], random.standard_normal(x.shape[1:]).astype(np.float32)
            if made % 2:  # every other try goes along the attack on the network itself
                point = np.clip(pixels[i] + 0.1 * toward / np.linalg.norm(toward), 0, 1)
                start = np.rint(point[None] * 255).astype(np.uint8)
                found = attack_images(
                    model, start, y[i : i + 1], attack="pgd", norm="l2", epsilon=4.0, steps=10, early_stop=False
                )
                toward = found.x[0] - pixels[i] if found.attacked[0] else toward
            moved = np.clip(pixels[i] + radius * toward / np.linalg.norm(toward), 0, 1)
            noisy = moved + STD * sample.standard_normal((200, *x.shape[1:])).astype(np.float32)
            seen = np.clip(np.rint(noisy * 255), 0, 255).astype(np.uint8)
            logits = np.asarray(deepbio.predict(model, seen, logits=True, calibrated=False)).reshape(200, -1)
            votes = (logits[:, 0] > 0) if logits.shape[1] == 1 else logits.argmax(1)
            changed += int((votes == y[i]).mean() <= 0.5)
            made += 1
            if made == tries:
                break
    return {"tries": made, "changed": changed, "images": len(chosen)}


def destroyed(model, x, y, epsilon: float) -> dict:
    """Return the destruction rates of one step and of several, as bytes."""
    out = {}
    several = {"attack": "pgd", "steps": 10, "random_start": False, "as_bytes": True}
    settings: dict[str, dict[str, Any]] = {"fgsm": {"attack": "fgsm"}, "pgd-10": several}
    for name, options in settings.items():
        found = attack_images(model, x, y, epsilon=epsilon, **options)
        rate = destruction_rate(model, found, photograph=Photograph(degrees=3, shift=0.01, perspective=0.01), repeats=5)
        out |= {
            name: rate.value,
            f"{name} low": rate.low,
            f"{name} high": rate.high,
            f"{name} n": int(found.success_as_bytes.sum()),
        }
    return out


def draw_photograph(model, x, y, labels, path: Path) -> None:
    """Draw an image, its adversarial example, and a photograph of each that keeps its predicted class."""
    found = attack_images(model, x, y, attack="eot", epsilon=16 / 255, steps=30)
    taken = [
        np.rint(np.asarray(Photograph()(one / np.float32(255), seed=3)) * 255).astype(np.uint8)
        for one in (found.images, found.pixels)
    ]

    def classes(images):
        p = np.asarray(deepbio.predict(model, images, calibrated=False))
        return (p > 0.5).astype(int).reshape(-1) if p.size == len(images) else p.argmax(1)

    good = np.flatnonzero((classes(taken[0]) == y) & found.success_as_bytes & (classes(taken[1]) != y))
    i = good[0]
    figure, axes = new_figure(1, width=8.4, height=2.5, columns=4)
    shown = (found.images[i], taken[0][i], found.pixels[i], taken[1][i])
    titles = ("image", "photographed", "adversarial (EOT, 16/255)", "photographed")
    for axis, picture, title in zip(axes, shown, titles, strict=True):
        axis.imshow(picture.squeeze(), cmap="gray", vmin=0, vmax=255)
        axis.set_title(f"{title}: {labels[classes(picture[None])[0]]}", fontsize=7)
        axis.set_axis_off()
    save_figure(figure, path)


@script(__doc__, cache=True, sets=list(SETS), examples=150, figure=Path)
def main(arguments):
    cache = Cache(arguments)
    attacks, corrupted, each, certificates, photographs, notes = [], [], [], [], [], []
    for name in arguments.sets:
        data = load_dataset(name)
        x, y = np.asarray(data.test.x[np.arange(len(data.test))]), np.asarray(data.test.y)
        few = x[: arguments.examples], y[: arguments.examples]
        for network in ("mlp", "image_cnn", "image_cnn, PGD 4/255"):
            model = trained(network, data, cache)
            for epsilon in EPSILONS:
                found = model and cache(
                    f"attack {name} {network} {epsilon}", lambda m=model, f=few, e=epsilon: under_attack(m, *f, e / 255)
                )
                if found:
                    row = [name, network, f"{epsilon}/255", f"{found['clean']:.3f}"]
                    row += [f"{found[one]:.3f}" for one in ("fgsm", "pgd", "square", "bytes")]
                    attacks.append([*row, span(found["value"], found["low"], found["high"])])
            found = model and cache(
                f"masking {name} {network}",
                lambda m=model, f=few: {"text": str(masking_checks(m, f[0][:100], f[1][:100], epsilon=4 / 255))},
            )
            if found:
                notes.append(f"- `{network}`, {name}, epsilon 4/255: {found['text']}.")
            found = model and cache(f"photos {name} {network}", lambda m=model, f=few: destroyed(m, *f, 16 / 255))
            if found:
                row = [span(found[one], found[f"{one} low"], found[f"{one} high"]) for one in ("fgsm", "pgd-10")]
                photographs.append([name, network, int(found["fgsm n"]), row[0], int(found["pgd-10 n"]), row[1]])
        preset = deepbio.get_model(f"image_cnn.{name}")

        def errors(m=preset, n=name, examples=x, truth=y):
            found = corruption_errors(m, examples, truth, medmnist_c(n))
            values = {"clean": found.clean_error(), "mean": found.mean_error(), "more": found.increase()}
            values |= {f"c_{kind}": found.error(kind) for kind in found.names}
            return {kind: np.array([one.value, one.low, one.high]) for kind, one in values.items()}

        found = cache(f"corruptions {name}", errors)
        if found:
            published = ALEXNET[name]
            corrupted.append(
                [name, *(stored(found[one]) for one in ("clean", "mean", "more")), *published,
                 f"{published[1] - published[0]:.3f}"]
            )  # fmt: skip
            each += [[name, kind[2:], stored(value)] for kind, value in found.items() if kind.startswith("c_")]
        model = trained("image_cnn, noise", data, cache)

        def certificate(m=model, examples=x[:40], truth=y[:40]):
            found = certify(m, examples, truth, std=STD, n0=100, n=1000)
            values = {f"r{r}": np.array([(e := found.accuracy(r)).value, e.low, e.high]) for r in RADII}
            return values | inside_radius(m, examples, truth, found, 1000)

        found = model and cache(f"certificates {name}", certificate)
        if found:
            row = [stored(found[f"r{r}"]) for r in RADII]
            certificates.append(
                [name, *row, f"{int(found['changed'])} of {int(found['tries'])}, {int(found['images'])} images"]
            )
        if arguments.figure and name == "pneumoniamnist" and (model := trained("image_cnn", data, cache)):
            draw_photograph(model, *few, data.labels, arguments.figure)
    cache.stop_if_incomplete()
    write_page(
        arguments, "Images under attack and damage",
        "95% intervals. Seed 0.",
        "Accuracy under attack, L-infinity. `strongest` is `autoattack_small` (40 steps, 500 queries); the others are judged as "
        "floats, except `bytes`, PGD-20 among bytes.",
        table(("data", "network", "epsilon", "clean", "fgsm", "pgd-20", "square", "bytes", "strongest"), attacks),
        "Signs of masked gradients (`masking_checks`, 100 images):",
        notes,
        "Balanced error under MedMNIST-C's corruptions, mean over kinds and severities. Published: AlexNet at 224 pixels (Di Salvo et "
        "al. 2024, arXiv:2406.17536), another network at eight times the resolution, where lengths of blurs are eight times as long.",
        table(("data", "clean", "corrupted", "increase", "AlexNet clean", "corrupted", "increase"), corrupted),
        table(("data", "corruption", "balanced error, mean over severities"), each),
        f"Certified accuracy of the smoothed classifier over the L2 radius (standard deviation {STD}, n = 1,000, alpha = 0.001, the "
        "first 40 test images), and how many of 1,000 attacks inside a certified radius changed its prediction (200 votes each; half "
        "are random directions, half along PGD on the network).",
        table(("data", *(f"radius {r}" for r in RADII), "changed"), certificates),
        "Destruction rate of printed photographs at epsilon 16/255: adversarial images (as bytes) that are predicted rightly once "
        "photographed. Kurakin et al. 2017 (arXiv:1607.02533) found the one-step attack to be destroyed least.",
        table(("data", "network", "fgsm examples", "fgsm", "pgd-10 examples", "pgd-10"), photographs),
    )  # fmt: skip
