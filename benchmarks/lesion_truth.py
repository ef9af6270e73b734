"""Do explanations of images find the lesion? The pointing game on `simulate_lesions`, over five trained seeds.

    python benchmarks/lesion_truth.py [--seeds 0 1 2 3 4] [--cache FOLDER] [--out benchmarks/results/lesion_truth.md]

Images of 32 pixels have a smooth texture and noise, and half of them one brighter disc or star. For each seed a network
(`image_cnn`) is trained on images of its own to tell whether there is a lesion. All networks explain the same images with a lesion,
which none was trained on, also those whose lesion a network does not see.

An explanation scores if its largest value lies in the lesion (Zhang et al. 2018, doi:10.1007/s11263-017-1059-x, here without their
tolerance of 15 pixels). Values are taken as they are, and as their mean over five by five pixels around each; the five was fixed
beforehand. The mean of values over the lesion's pixels says more: the AUROC of pixels, in the lesion or not, within each image.

Two readers that know no network say what is easy: the brightest pixel of the image, and the pixel with the brightest neighbourhood.
"""

import time

import numpy as np
from _table import Cache, script, span, table, write_page
from scipy.ndimage import uniform_filter
from scipy.stats import t as student

import deepbio
from deepbio.datasets.simulate import simulate_lesions
from deepbio.interpret import grad_cam, image_gradients, occlusion, rise

RULES = {"size": 32, "radius": (3, 6)}
OPTIONS = {"filters": (16, 32, 32)}
EXPLAINED = 1_000_000  # seed of the explained images; those of training are 0, 1, 2, ...
WIDTH = 5
TARGET = "lesion"
METHODS = {
    "Grad-CAM": lambda m, x: grad_cam(m, x, target=TARGET),
    "Grad-CAM++": lambda m, x: grad_cam(m, x, target=TARGET, plus_plus=True),
    "integrated gradients": lambda m, x: image_gradients(m, x, target=TARGET),
    "SmoothGrad": lambda m, x: image_gradients(m, x, target=TARGET, method="smoothgrad"),
    "occlusion": lambda m, x: occlusion(m, x, target=TARGET),
    "RISE": lambda m, x: rise(m, x, target=TARGET),
}


def new_model(data, seed):
    return deepbio.get_model("image_cnn", dataset=data, seed=seed, **OPTIONS)


def trained(seed, examples, epochs):
    """Train the network of a seed; return its weights, how good it is on its test split, and the seconds."""
    begin = time.process_time()
    data = simulate_lesions(examples, seed=seed, **RULES).dataset()
    model = new_model(data, seed)
    deepbio.fit(model, data, seed=seed, verbose=False, epochs=epochs)
    area = deepbio.evaluate(model, data.test)["auroc"].value
    weights = {f"w{i:03d}": w for i, w in enumerate(model.get_weights())}
    return {"auroc": area, "seconds": time.process_time() - begin, **weights}


def restored(found, seed):
    """Return the network of `trained`."""
    model = new_model(simulate_lesions(40, **RULES).dataset(), seed)
    model.set_weights([found[name] for name in sorted(found) if name.startswith("w0")])
    return model


def scores(values, masks):
    """Return the fraction of hits of the largest value, of the largest mean, and the mean AUROC of the pixels of an image."""
    from sklearn.metrics import roc_auc_score

    means = np.stack([uniform_filter(one, WIDTH, mode="nearest") for one in values.astype(np.float64)])
    hits = [
        np.mean([mask.ravel()[one.argmax()] for one, mask in zip(each, masks, strict=True)]) for each in (values, means)
    ]
    areas = [roc_auc_score(mask.ravel(), one.ravel()) for one, mask in zip(values, masks, strict=True)]
    return *hits, np.mean(areas)


def over_seeds(values):
    """Return the mean over seeds and its 95% interval by Student's t, within 0 and 1."""
    mean, n = float(np.mean(values)), len(values)
    half = float(student.ppf(0.975, n - 1) * np.std(values, ddof=1) / np.sqrt(n)) if n > 1 else np.nan
    return span(mean, max(mean - half, 0), min(mean + half, 1))


@script(__doc__, cache=True, seeds=[0, 1, 2, 3, 4], examples=2000, epochs=15, images=200)
def main(arguments):
    cache, networks, found = Cache(arguments), [], {name: [] for name in METHODS}
    simulated = simulate_lesions(arguments.images, prevalence=1, seed=EXPLAINED, **RULES)
    x, masks = simulated.x, simulated.masks
    for seed in arguments.seeds:
        key = f"seed {seed}"
        weights = cache(f"{key} weights", lambda seed=seed: trained(seed, arguments.examples, arguments.epochs))
        if weights is None:
            continue
        networks.append([seed, f"{weights['auroc']:.3f}", f"{weights['seconds']:.0f}"])
        model = restored(weights, seed)
        for name, method in METHODS.items():
            values = cache(f"{key} {name}", lambda model=model, method=method: {"values": method(model, x)})
            if values is not None:
                found[name].append(scores(values["values"], masks))
    cache.stop_if_incomplete()
    bright = x[..., 0].astype(np.float32)
    easy = scores(bright, masks)
    rows = [[name, *map(over_seeds, zip(*each, strict=True))] for name, each in found.items()]
    rows.append(["brightness of the image, no network", *(f"{value:.3f}" for value in easy)])
    about = (
        f"The lesion covers {masks.mean():.1%} of an image on average, {arguments.images} images, {arguments.examples:,} images per "
        "seed for training, validation and test. The mean over seeds and its 95% interval (Student's t)."
    )
    header = ["method", "largest value in the lesion", f"largest mean of {WIDTH} x {WIDTH} pixels", "AUROC of pixels"]
    write_page(
        arguments, "Pointing at lesions", about, table(header, rows), "The networks, on test splits of their own:",
        table(["seed", "AUROC", "CPU seconds"], networks),
    )  # fmt: skip
