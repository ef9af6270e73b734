"""What SpliceAI reads at the exons of ZDHHC8: every substitution around an acceptor and a donor, drawn as logos.

    python benchmarks/interpret_splice.py [--picture docs/images/interpret_splice.png] [--out benchmarks/results/interpret_splice.md]

The attribution of a base is the change of the site's probability (log odds of the average of the five networks) by the present base,
minus the mean over the four bases. The table compares regions that are known from the literature.
"""

import time
from pathlib import Path

import numpy as np
from _table import MEGABASE, script, table, write_page
from splice_sites import read_genes

from deepbio.interpret import saturation_mutagenesis
from deepbio.interpret.drawing import draw_logo, new_figure, save_figure
from deepbio.sequence import decode
from deepbio.zoo import get_model

SIDE, AROUND = 5_000, 5  # context; outputs on either side of the site
# offsets from the first base of the exon, or from the last (donor), end exclusive, and what lies there
REGIONS = {
    "acceptor": [
        (-45, -18, "branch point region, 18 to 44 bases before the exon", "Mercer et al. 2015, doi:10.1101/gr.182899.114"),
        (-18, -3, "polypyrimidine tract", "Burge et al. 1999, The RNA World, 525-560"),
        (-2, 0, "AG of the acceptor", "Burge et al. 1999"),
        (1, 16, "exon", ""),
    ],
    "donor": [
        (-13, -3, "exon", ""),
        (-3, 1, "end of the exon (consensus MAG)", "Burge et al. 1999"),
        (1, 3, "GT of the donor", "Burge et al. 1999"),
        (3, 7, "start of the intron (consensus RAGT)", "Burge et al. 1999"),
        (7, 17, "intron", ""),
    ],
}  # fmt: skip


def explain(model, codes, site, kind, begin, end):
    """Return the attributions `(end - begin, 4)` from `begin` to before `end`, offsets from the site."""
    length = 2 * SIDE + 2 * AROUND + 1
    first = site - length // 2
    window = np.full(length, 4, np.uint8)
    low, high = max(first, 0), min(first + length, len(codes))
    window[low - first : high - first] = codes[low:high]
    index = {"acceptor": 1, "donor": 2}[kind]

    def log_odds(y):  # logits of the mean probabilities: softmax gives the mean itself
        import tensorflow as tf

        log_p = tf.nn.log_softmax(y[:, AROUND], axis=-1)[:, index]
        return log_p - tf.math.log1p(-tf.exp(log_p) + 1e-12)

    middle = length // 2
    values = saturation_mutagenesis(model, window, target=log_odds, start=middle + begin, end=middle + end)
    return values[0], decode(window[middle + begin : middle + end])


@script(__doc__, picture=Path, gene="ZDHHC8", exon=3, weights="spliceai_10k.ci")
def main(arguments):
    _, _, genes = read_genes(MEGABASE)
    gene = next(gene for gene in genes if gene.name == arguments.gene)
    model = get_model(arguments.weights, input_shape=2 * SIDE + 2 * AROUND + 1)
    # exon k lies between acceptor k - 1 and donor k (in the order of the gene)
    sites = {kind: sorted(gene.sites[kind].tolist()) for kind in REGIONS}
    chosen = {"acceptor": sites["acceptor"][arguments.exon - 2], "donor": sites["donor"][arguments.exon - 1]}
    spans = {"acceptor": (-50, 20), "donor": (-15, 20)}
    figure, axes = new_figure(2, width=9, height=2.1)
    rows, start = [], time.perf_counter()
    for ax, kind in zip(axes, REGIONS, strict=True):
        begin, end = spans[kind]
        values, bases = explain(model, gene.codes, chosen[kind], kind, begin, end)
        per_base = values.sum(axis=-1)
        named = [row for row in REGIONS[kind] if row[2] not in ("exon", "intron")]
        boxes = [(a, b, name.split(",")[0]) for a, b, name, _ in named if begin <= a and b <= end]
        draw_logo(values, ax, first=begin, boxes=boxes, y=f"{kind}, log odds")
        ax.set_xlabel(
            f"bases from the {'first' if kind == 'acceptor' else 'last'} base of exon {arguments.exon} of {gene.name}"
        )
        for a, b, name, source in REGIONS[kind]:
            part = per_base[a - begin : b - begin]
            rows.append(
                [
                    kind,
                    name,
                    f"{a} to {b - 1}",
                    bases[a - begin : b - begin],
                    f"{part.mean():+.3f}",
                    f"{part.max():+.2f}",
                    source,
                ]
            )
    seconds = time.perf_counter() - start
    if arguments.picture:
        save_figure(figure, arguments.picture)
    header = ["site", "region", "offsets", "bases", "mean per base", "largest", "literature"]
    text = [
        f"Exon {arguments.exon} of {gene.name} ({arguments.weights}, five networks). "
        f"{sum(e - b for b, e in spans.values())} positions, three substitutions each: {seconds:.0f} s on a busy machine.",
        table(header, rows),
    ]
    write_page(arguments, "What SpliceAI reads at an exon", *text)
