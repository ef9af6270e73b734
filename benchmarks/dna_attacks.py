"""Substitutions that change the predicted splice class of `dna_cnn.uci_splice`, beside random ones, and where they are.

    python benchmarks/dna_attacks.py [--examples 240] [--figure FILE.png] [--out FILE]

The first test sequences of each class that the model predicts rightly are attacked. The boundary of a site is between the bases
30 and 31 (counted from 1): an intron after a donor site (EI) begins with GT at 31 and 32, one before an acceptor site (IE) ends with
AG at 29 and 30.
"""

from pathlib import Path

import numpy as np
from _table import script, span, table, write_page

import deepbio
from deepbio.datasets import load_dataset
from deepbio.interpret.drawing import draw_logo, new_figure, save_figure
from deepbio.robustness import attack_dna, positions_taken, random_substitutions

SITES = {"EI": (31, 32), "IE": (29, 30), "N": ()}


def median_interval(values: np.ndarray) -> str:
    """Return the median and its 95% interval by the percentile bootstrap (2,000 resamples)."""
    random = np.random.Generator(np.random.Philox(0))
    drawn = np.median(values[random.integers(0, len(values), (2000, len(values)))], axis=1)
    return span(float(np.median(values)), *np.percentile(drawn, [2.5, 97.5]).tolist(), ".1f")


@script(__doc__, examples=240, figure=Path)
def main(arguments):
    data, model = load_dataset("uci_splice"), deepbio.get_model("dna_cnn.uci_splice")
    y = np.asarray(data.test.y)
    predicted = deepbio.predict(model, data.test).argmax(1)
    each, rows, taken = arguments.examples // 3, [], {}
    for label, site in SITES.items():
        k = data.labels.index(label)
        chosen = np.flatnonzero((y == k) & (predicted == k))[:each]
        x = data.test.x[chosen]
        found, random = attack_dna(model, x), random_substitutions(model, x, repeats=5)
        counts, drawn = found.counts[found.success], random[random > 0]
        taken[label] = positions_taken(found)
        total = taken[label].sum()
        at_site = sum(taken[label][position - 1].sum() for position in site) / total if site else float("nan")
        often = np.argsort(-taken[label].sum(1), kind="stable")[:4] + 1
        row = [
            label,
            len(x),
            int(found.success.sum()),
            median_interval(counts),
            int(counts.max()),
            median_interval(drawn),
        ]
        row += [
            f"{100 * len(drawn) / random.size:.0f}",
            f"{100 * at_site:.0f}" if site else "",
            ", ".join(map(str, often)),
        ]
        rows.append(row)
    if arguments.figure:
        figure, axes = new_figure(len(SITES), width=9.0, height=1.6)
        for axis, (label, counted) in zip(axes, taken.items(), strict=True):
            draw_logo(counted.astype(float), axis, first=1, y=f"{label}, times")
        save_figure(figure, arguments.figure)
    header = (
        "class", "sequences", "changed", "substitutions, median", "most", "random, median", "random that change, %",
        "in GT or AG, %", "positions taken most often",
    )  # fmt: skip
    write_page(
        arguments, "Attacks on splice sites",
        "Greedy exact search, at most 10 substitutions; random substitutions at up to 40 positions, five tries per sequence, seed 0. "
        "Medians with 95% intervals by bootstrap; positions from 1.",
        table(header, rows),
    )  # fmt: skip
