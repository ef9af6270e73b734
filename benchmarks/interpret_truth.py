"""Do attributions find the planted motifs? `simulate_motifs` with broken grammar as negatives, networks of several seeds.

    python benchmarks/interpret_truth.py [--seeds 0 1 2 3 4] [--out benchmarks/results/interpret_truth.md]

Each network is a `dna_cnn` trained on its own simulated set. AUROC and AUPRC are over all bases of positive test sequences: planted or
not, by the score of the base. The score of saliency and of gradients is the absolute value. TF-MoDISco is run apart, by hand.
"""

import time

import numpy as np
from _table import script, table, write_page

import deepbio
from deepbio.datasets.simulate import simulate_motifs
from deepbio.interpret import (
    deep_lift_shap,
    expected_integrated_gradients,
    gradient_correction,
    input_x_gradient,
    integrated_gradients,
    saliency,
    saturation_mutagenesis,
    smoothgrad,
    space,
)
from deepbio.metrics import auprc, auroc
from deepbio.sequence import one_hot

METHODS = {
    "saliency": lambda model, x: np.abs(saliency(model, x)).max(axis=-1),
    "saliency, corrected": lambda model, x: np.abs(gradient_correction(saliency(model, x)) * one_hot(x)).sum(axis=-1),
    "input_x_gradient": lambda model, x: np.abs(input_x_gradient(model, x)).sum(axis=-1),
    "smoothgrad": lambda model, x: np.abs(smoothgrad(model, x, samples=20)).max(axis=-1),
    "integrated_gradients": lambda model, x: integrated_gradients(model, x, steps=20, warning_threshold=np.inf).sum(
        axis=-1
    ),
    "expected_integrated_gradients": lambda model, x: expected_integrated_gradients(model, x, samples=60).sum(axis=-1),
    "deep_lift_shap": lambda model, x: deep_lift_shap(model, x, n_references=10).sum(axis=-1),
    "saturation_mutagenesis": lambda model, x: saturation_mutagenesis(model, x).sum(axis=-1),
}


def one_seed(seed: int, arguments) -> tuple[dict, float, float]:
    """Return AUROC and AUPRC of each method, the test AUROC of the network, and the best distance of the two motifs."""
    found = simulate_motifs(
        examples=arguments.examples, length=arguments.length, negatives="broken", spacing=(4, 8), seed=seed
    )
    data = found.dataset(seed=seed)
    model = deepbio.fit(
        deepbio.get_model("dna_cnn", dataset=data, seed=seed), data, epochs=arguments.epochs, seed=seed
    ).model
    test = np.asarray(data.test.y) == 1
    rows = np.array([int(i) for i in data.test.names(np.arange(len(data.test)))])[test][: arguments.explained]
    x, mask = found.x[rows], found.mask()[rows]
    quality = float(deepbio.evaluate(model, data.test).metrics["auroc"].value)
    scores = {}
    for name, method in METHODS.items():
        values = method(model, x).ravel()
        scores[name] = float(auroc(mask.ravel(), values)), float(auprc(mask.ravel(), values))
    motifs = tuple(motif.probabilities.argmax(axis=1).astype(np.uint8) for motif in found.motifs)
    gaps = list(range(30))
    change = space(model, found.x[np.asarray(found.y) == 0][:20], motifs, gaps, orientations=["++"]).change
    return scores, quality, gaps[int(change.mean(axis=(0, 1, 2)).argmax())]


@script(__doc__, seeds=[0, 1, 2, 3, 4], examples=4000, length=150, epochs=20, explained=50)
def main(arguments):
    begin = time.perf_counter()
    found = []
    for seed in arguments.seeds:
        found.append(one_seed(seed, arguments))
        print(seed, found[-1], flush=True)
    rows = []
    for name in METHODS:
        values = np.array([scores[name] for scores, *_ in found])
        rows.append([name, *(f"{v.mean():.3f} ({v.min():.3f} to {v.max():.3f})" for v in values.T)])
    quality, gaps = [q for _, q, _ in found], [g for *_, g in found]
    seconds = time.perf_counter() - begin
    about = (
        f"CTCF and NFYB planted 4 to 8 bases apart, {arguments.examples} sequences of {arguments.length} bases, "
        f"{len(found)} seed(s), {arguments.explained} sequences explained per seed; {seconds:.0f} s. "
        f"AUROC of the networks on the test split: {', '.join(f'{q:.3f}' for q in quality)}. "
        f"`space` finds the largest output at a distance of {', '.join(map(str, gaps))} bases. Mean over seeds, and range."
    )
    write_page(arguments, "Do attributions find planted motifs?", about, table(["method", "AUROC", "AUPRC"], rows))
