"""Explanations of real examples beside what is known: splice sites of a human gene, chest radiographs, and peaks of Oct4 and Mafk.

    python benchmarks/explained_examples.py [--parts splice images oct4_mafk] [--data FOLDER] [--gene ZDHHC8] [--genes 10]
        [--images 40] [--seeds 0] [--figures FOLDER] [--cache DIR] [--out FILE]

splice: `spliceai_10k.ci`, the first of its five networks, is explained by exact mutagenesis at the acceptor and the donor of the
second exon of `--gene`, 50 bases of the intron and 10 of the exon, and by input times gradient at one acceptor and one donor of each
of `--genes` genes, all drawn with seed 0. The explained number is the log-odds of the site against none. Base 0 is the first
(acceptor) or last (donor) base of the exon; the intron's AG is at -2 and -1, its GT at 1 and 2.

images: `image_cnn.pneumoniamnist`, Grad-CAM and Grad-CAM++ of the label pneumonia on the first test images of each class, and the
rank correlation of each with that of the same network with permuted weights, over `--images` test images of each class.

oct4_mafk: `dna_cnn` is trained to separate peaks of Oct4 from those of Mafk, once for each of `--seeds`, as registered and with the
epochs of `dna_cnn_sets.py`. TF-MoDISco (modisco-lite) collects patterns from DeepLIFT/SHAP of windows that it was not trained on.
"""

from pathlib import Path

import numpy as np
from _oct4_mafk import oct4_mafk
from _table import MEGABASE, Cache, script, span, table, write_page
from scipy import stats
from splice_sites import CONTEXT, SITES, read_genes

import deepbio
from deepbio.datasets import load_dataset
from deepbio.interpret import grad_cam, input_x_gradient, randomization_check, saturation_mutagenesis
from deepbio.interpret.drawing import draw_logo, draw_overlay, new_figure, save_figure
from deepbio.interpret.targets import Output

MIDDLE = CONTEXT // 2
SHOWN = {"acceptor": (-50, 9), "donor": (-9, 50)}  # first and last base
WIDE = 100  # bases on either side of the sites whose gradients are stored
# first and last base; the branch point region is that of Mercer et al. 2015
REGIONS = {
    "acceptor": {
        "intron": (-100, -45), "branch point region": (-44, -18), "polypyrimidine tract": (-17, -3), "AG": (-2, -1),
        "exon": (0, 9),
    },
    "donor": {"exon": (-9, -3), "MAG": (-2, 0), "GT": (1, 2), "RAGT": (3, 6), "intron": (7, 50)},
}  # fmt: skip
METHODS = {
    "Grad-CAM": lambda model, x: grad_cam(model, x, target="pneumonia"),
    "Grad-CAM++": lambda model, x: grad_cam(model, x, target="pneumonia", plus_plus=True),
}


def over(values):
    """Return the mean and its 95% interval by Student's t, along the first axis."""
    mean, error = values.mean(axis=0), values.std(axis=0, ddof=1) / np.sqrt(len(values))
    return np.stack([mean, *(mean + k * stats.t.ppf(0.975, len(values) - 1) * error for k in (-1, 1))])


def region(values, kind, name, first):
    """Return the values of a region along the last axis; `first` is the position of the first value."""
    start, last = REGIONS[kind][name]
    return values[..., max(0, start - first) : last + 1 - first]


def explained(model, gene, kind, site, *, exact):
    """Return codes around a site and attributions: of the bases shown by mutagenesis, or of a wider part by the gradient."""
    codes = np.pad(gene.codes, MIDDLE, constant_values=4)[site : site + CONTEXT + 1][None]
    target = Output(SITES[kind], 0), Output(0, 0)
    if exact:
        first, last = SHOWN[kind]
        start, end = MIDDLE + first, MIDDLE + last + 1
        return {
            "codes": codes[0, start:end],
            "values": saturation_mutagenesis(model, codes, target=target, start=start, end=end)[0],
        }
    part = slice(MIDDLE - WIDE, MIDDLE + WIDE + 1)
    return {"codes": codes[0, part], "values": input_x_gradient(model, codes, target=target)[0, part]}


def splice(arguments, cache):
    """Return the parts of the page about splice sites."""
    model = deepbio.get_model("spliceai_10k.ci", input_shape=CONTEXT + 1, member=1)
    genes = [gene for gene in read_genes(arguments.data)[2] if len(gene.sites["donor"]) > 1]
    own = next(gene for gene in genes if gene.name == arguments.gene)
    one, many = {}, {kind: [] for kind in SITES}
    for kind in SITES:
        # the second exon begins at the first acceptor and ends at the second donor
        site = int(np.sort(own.sites[kind])[0 if kind == "acceptor" else 1])
        one[kind] = cache(
            f"splice {own.name} {kind}", lambda kind=kind, site=site: explained(model, own, kind, site, exact=True)
        )
    random = np.random.Generator(np.random.Philox(0))
    for number in random.permutation(len(genes))[: arguments.genes]:
        for kind in SITES:
            gene = genes[number]
            site = int(random.choice(gene.sites[kind]))
            many[kind].append(
                cache(
                    f"splice {gene.name} {kind} {site} gradient",
                    lambda gene=gene, kind=kind, site=site: explained(model, gene, kind, site, exact=False),
                )
            )
    cache.stop_if_incomplete()
    rows, strongest, bases, profiles = [], [], [], {}
    for kind in SITES:
        first = SHOWN[kind][0]
        effect = one[kind]["values"].sum(-1)
        size = np.abs(effect)
        gradient = np.stack([found["values"].sum(-1) for found in many[kind]])
        profiles[kind] = over(np.abs(gradient))
        for name, (start, last) in REGIONS[kind].items():
            part = region(size, kind, name, first)
            mean = over(np.abs(region(gradient, kind, name, -WIDE)).mean(axis=1))
            rows.append([
                kind, name, f"{start} to {last}", len(part), f"{part.mean():.2f}", f"{100 * part.sum() / size.sum():.0f}",
                span(*mean, ".2f"),
            ])  # fmt: skip
        order = np.argsort(-size, kind="stable")[:10]
        strongest.append(
            f"- {kind}: "
            + ", ".join(f"{'ACGTN'[one[kind]['codes'][k]]} at {k + first} ({effect[k]:+.2f})" for k in order)
        )
    signed = np.stack([found["values"].sum(-1) for found in many["acceptor"]])
    for name in ("branch point region", "polypyrimidine tract"):
        codes = np.stack([region(found["codes"], "acceptor", name, -WIDE) for found in many["acceptor"]])
        values = region(signed, "acceptor", name, -WIDE)
        sums = [np.where(codes == k, values, 0).sum(axis=1) / np.maximum(1, (codes == k).sum(axis=1)) for k in range(4)]
        bases.append([name, *(span(*over(each), "+.2f") for each in sums)])
    if arguments.figures:
        draw_splice(one, profiles, own.name, arguments.figures / "explained_splice.png")
    return [
        "## Splice sites",
        f"Mutagenesis: {own.name}, exon 2. Gradient: one acceptor and one donor of each of {len(many['donor'])} genes of "
        "chr22:20,000,001-21,000,000 (GRCh37), which may have been in the network's training; means with 95% intervals over genes "
        "by Student's t. The effect of a base is the log-odds of the site minus their mean over the four bases at its position; "
        "sizes are absolute values.",
        table(
            ("site", "region", "bases", "shown", "mean size, mutagenesis", "of all that is shown, %", "mean size, input x gradient"),
            rows,
        ),
        "The ten largest effects by mutagenesis:", strongest,
        "Mean input x gradient of each base before the acceptors, with its sign; a gene without the base counts as 0:",
        table(("region", *"ACGT"), bases),
    ]  # fmt: skip


def draw_splice(one, profiles, gene, path):
    figure, axes = new_figure(4, width=9.0, height=1.6)
    names = {"MAG": "MAG|GTRAGT", "branch point region": "branch points (Mercer 2015)"}
    for k, kind in enumerate(SITES):
        first, last = SHOWN[kind]
        boxes = [
            (max(start, first), end + 1, names.get(name, name))
            for name, (start, end) in REGIONS[kind].items()
            if name not in ("intron", "exon", "GT", "RAGT")
        ]
        if kind == "donor":
            boxes = [(-2, 7, names["MAG"])]
        draw_logo(one[kind]["values"], axes[2 * k], first=first, boxes=boxes, y="log-odds")
        axes[2 * k].set_title(f"{gene}, {kind} of exon 2, mutagenesis", fontsize=7, loc="left", pad=8)
        mean, low, high = profiles[kind][:, WIDE + first : WIDE + last + 1]
        positions = np.arange(first, last + 1)
        axes[2 * k + 1].bar(positions, mean, color="#0072B2", width=0.8)
        axes[2 * k + 1].vlines(positions, low, high, color="#1b1f24", linewidth=0.8)
        axes[2 * k + 1].set_xlim(first - 0.5, last + 0.5)
        axes[2 * k + 1].set_ylabel("mean size")
        axes[2 * k + 1].set_title(f"{kind}s of several genes, input x gradient", fontsize=7, loc="left")
    save_figure(figure, path)


def images(arguments, cache):
    """Return the parts of the page about radiographs."""
    model, data = deepbio.get_model("image_cnn.pneumoniamnist"), load_dataset("pneumoniamnist")
    y = np.asarray(data.test.y).ravel()
    chosen = [np.flatnonzero(y == k)[: arguments.images] for k in range(2)]
    x = np.asarray(data.test.x)[np.concatenate(chosen)]
    logits = np.asarray(model.predict(x, verbose=0)).ravel()
    rows = []
    for name, method in METHODS.items():

        def compute(method=method):
            return {
                "values": method(model, x),
                "checked": np.stack(
                    [randomization_check(model, lambda m: method(m, x), seed=seed) for seed in range(5)]
                ),
            }

        found = cache(f"images {name} {arguments.images}", compute)
        if found is None:
            continue
        checked = found["checked"]
        known = np.isfinite(checked)
        seeds, sizes = (np.array([row[np.isfinite(row)].mean() for row in each]) for each in (checked, np.abs(checked)))
        rows.append([
            name, span(*over(seeds), ".2f"), ", ".join(f"{value:.2f}" for value in seeds), span(*over(sizes), ".2f"),
            f"{100 * (np.abs(checked[known]) > 0.5).mean():.0f}", f"{100 * (~known).mean():.0f}",
        ])  # fmt: skip
    cache.stop_if_incomplete()
    if arguments.figures:
        draw_images(model, x, logits, len(chosen[0]), arguments.figures / "explained_images.png")
    right = [((logits > 0) == bool(k))[len(chosen[0]) * k :][: len(chosen[k])].sum() for k in range(2)]
    return [
        "## Radiographs",
        f"{len(x)} test images, {len(chosen[0])} of each class; the network is right on {right[0]} normal ones and {right[1]} with "
        "pneumonia. Rank correlation with the explanation of permuted weights, mean over five permutations (seeds 0 to 4) and 95% "
        "interval over them by Student's t; near 0 if the explanation depends on the weights. Its size is the mean absolute value. A "
        "map of permuted weights that is constant has no correlation.",
        table(
            ("method", "rank correlation", "by seed", "its size", "above .5 in size, %", "constant, %"),
            rows,
        ),
    ]  # fmt: skip


def draw_images(model, x, logits, second, path):
    shown = [0, 1, second, second + 1]
    randomized = deepbio.interpret.checks.with_permuted_weights(model, seed=0)
    figure, axes = new_figure(4, columns=5, width=7.0, height=1.5)
    columns = [("image", None, None)]
    columns += [
        (f"{name}{ending}", method, which)
        for name, method in METHODS.items()
        for ending, which in (("", model), (", permuted", randomized))
    ]
    for column, (title, method, which) in enumerate(columns):
        values = np.zeros(x[shown].shape[:3]) if method is None else method(which, x[shown])
        for row, k in enumerate(shown):
            axis = axes[5 * row + column]
            draw_overlay(x[k], values[row].reshape(x.shape[1:3]), axis)
            probability = 1 / (1 + np.exp(-logits[k]))
            says = f"{'pneumonia' if row > 1 else 'normal'}, p = {probability:.2f}"
            axis.set_title(says if method is None else title, fontsize=7)
    save_figure(figure, path)


PARTS = {"splice": splice, "images": images, "oct4_mafk": oct4_mafk}


@script(
    __doc__, cache=True, parts=list(PARTS), data=MEGABASE, gene="ZDHHC8", genes=10, images=40, seeds=[0], figures=Path
)
def main(arguments):
    cache, parts = Cache(arguments), []
    if arguments.figures:
        arguments.figures.mkdir(parents=True, exist_ok=True)
    for name in arguments.parts:
        parts += PARTS[name](arguments, cache)
    write_page(arguments, "Explained examples", "", *parts)
