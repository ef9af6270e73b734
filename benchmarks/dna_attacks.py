"""Substitutions that change the predicted splice class of two models, beside random ones, and where they are.

    python benchmarks/dna_attacks.py [--examples 240] [--sites 40] [--data FOLDER] [--cache DIR] [--figure FILE.png] [--out FILE]

`dna_cnn.uci_splice`: the first `--examples` / 3 test sequences of each class that the model predicts rightly. The boundary of a site
is between the bases 30 and 31 (counted from 1): an intron after a donor site (EI) begins with GT at 31 and 32, one before an acceptor
site (IE) ends with AG at 29 and 30.

`spliceai_10k.ci`: `--sites` / 2 donor and as many acceptor sites of the genes of `--data` (as in `splice_sites.py`), drawn with seed 0
among those that the first of the five networks predicts rightly, each with 5,000 bases on either side. That network is attacked; the
average of all five then predicts what was found. The search changes the 50 bases on either side of the last (donor) or first
(acceptor) base of the exon, which is 0; the intron's GT is at 1 and 2, its AG at -2 and -1. Each site is stored by itself.
"""

from pathlib import Path
from typing import Any

import numpy as np
from _table import MEGABASE, Cache, script, span, table, write_page
from splice_sites import CONTEXT, SITES, read_genes

import deepbio
from deepbio.datasets import load_dataset
from deepbio.interpret.drawing import draw_logo, new_figure, save_figure
from deepbio.robustness import attack_dna, positions_taken, random_substitutions

DINUCLEOTIDE = {"EI": (31, 32), "IE": (29, 30), "N": (), "donor": (1, 2), "acceptor": (-2, -1)}
FLANK, TRIES = 50, 3
MIDDLE = CONTEXT // 2


def median_interval(values: np.ndarray) -> str:
    """Return the median and its 95% interval by the percentile bootstrap (2,000 resamples)."""
    if not len(values):
        return ""
    random = np.random.Generator(np.random.Philox(0))
    drawn = np.median(values[random.integers(0, len(values), (2000, len(values)))], axis=1)
    low, high = np.percentile(drawn, [2.5, 97.5])
    return span(float(np.median(values)), float(low), float(high), ".1f")


def row_of(label: str, counts: np.ndarray, random: np.ndarray, taken: np.ndarray, first: int) -> list:
    """Return a row of the table.

    Args:
        label: Class.
        counts: Number of substitutions of each sequence, -1 where its class did not change.
        random: Number of random substitutions of each sequence and try, -1 where its class did not change.
        taken: How often each position was substituted by each base.
        first: Number of the first position.
    """
    site, changed, drawn = DINUCLEOTIDE[label], counts[counts > 0], random[random > 0]
    inside = sum(taken[position - first].sum() for position in site) / max(1, taken.sum()) if site else None
    often = [k for k in np.argsort(-taken.sum(1), kind="stable")[:4] if taken[k].sum()]
    return [
        label, len(counts), len(changed), median_interval(changed), int(changed.max(initial=0)), median_interval(drawn),
        f"{100 * len(drawn) / random.size:.0f}", "" if inside is None else f"{100 * inside:.0f}",
        ", ".join(str(k + first) for k in often),
    ]  # fmt: skip


def uci(examples: int) -> dict[str, tuple]:
    """Return counts, random counts, positions taken and the first position, by class."""
    data, model = load_dataset("uci_splice"), deepbio.get_model("dna_cnn.uci_splice")
    y, predicted, found = np.asarray(data.test.y), deepbio.predict(model, data.test).argmax(1), {}
    for label in ("EI", "IE", "N"):
        k = data.labels.index(label)
        x = data.test.x[np.flatnonzero((y == k) & (predicted == k))[: examples // 3]]
        attacked = attack_dna(model, x)
        found[label] = attacked.counts, random_substitutions(model, x, repeats=5), positions_taken(attacked), 1
    return found


def spliceai(each: int, folder: Path, cache: Cache) -> dict[str, tuple]:
    """Return the same of donor and acceptor sites in genes."""
    model = deepbio.get_model("spliceai_10k.ci", input_shape=CONTEXT + 1, member=1)
    five = deepbio.get_model("spliceai_10k.ci", input_shape=CONTEXT + 1)
    genes = read_genes(folder)[2]
    region: dict[str, Any] = {"position": 0, "start": MIDDLE - FLANK, "end": MIDDLE + FLANK + 1}
    found = {}
    for kind in ("donor", "acceptor"):
        places = [(g, int(one)) for g, gene in enumerate(genes) for one in gene.sites[kind]]
        order = np.random.Generator(np.random.Philox(0)).permutation(len(places))
        rows = []
        for number in order:
            if len(rows) == each:
                break
            gene, site = genes[places[number][0]], places[number][1]
            padded = np.pad(gene.codes, MIDDLE, constant_values=4)
            x = padded[site : site + CONTEXT + 1][None]

            def compute(x=x, kind=kind, seed=int(number)):
                attacked = attack_dna(model, x, **region)
                right = int(attacked.clean[0]) == SITES[kind]
                average = deepbio.predict(five, np.concatenate([x, attacked.x]))[:, 0].argmax(1)
                random = (
                    random_substitutions(model, x, repeats=TRIES, seed=seed, **region)
                    if right
                    else np.full((1, TRIES), -1)
                )
                return {
                    "right": right, "count": int(attacked.counts[0]), "random": random[0], "average": average,
                    "taken": positions_taken(attacked)[region["start"] : region["end"]],
                }  # fmt: skip

            one = cache(f"spliceai {gene.name} {kind} {site}", compute)
            if one is None:
                break
            if one["right"]:
                rows.append(one)
        if rows:
            found[kind] = (
                np.array([one["count"] for one in rows]), np.stack([one["random"] for one in rows]),
                np.sum([one["taken"] for one in rows], axis=0), -FLANK,
            )  # fmt: skip
            both = np.array([one["average"] for one in rows])
            own = both[:, 0] == SITES[kind]
            found[kind] += (f"{(own & (both[:, 1] != SITES[kind])).sum()} of {own.sum()}",)
    return found


@script(__doc__, cache=True, examples=240, sites=40, data=MEGABASE, figure=Path)
def main(arguments):
    cache = Cache(arguments)
    models = {"dna_cnn.uci_splice": uci(arguments.examples)}
    models["spliceai_10k.ci"] = spliceai(arguments.sites // 2, arguments.data, cache)
    cache.stop_if_incomplete()
    if arguments.figure:
        shown = [(name, label, *values) for name, found in models.items() for label, values in found.items()]
        figure, axes = new_figure(len(shown), width=9.0, height=1.5)
        for axis, (name, label, _, _, taken, first, *_) in zip(axes, shown, strict=True):
            part = slice(None) if first == 1 else slice(FLANK - 20, FLANK + 21)
            draw_logo(taken[part].astype(float), axis, first=first + (part.start or 0), y=f"{label}, times")
            axis.set_title(name, fontsize=7, loc="left")
        save_figure(figure, arguments.figure)
    header = (
        "class", "sequences", "changed", "substitutions, median", "most", "random, median", "random that change, %",
        "in GT or AG, %", "positions taken most often",
    )  # fmt: skip
    write_page(
        arguments, "Attacks on splice sites",
        "Greedy exact search, at most 10 substitutions; random substitutions at up to 40 positions, seed 0. "
        "Medians with 95% intervals by bootstrap, for random substitutions over the tries that changed the class.",
        "`dna_cnn.uci_splice`, test split, 60 bases; five random tries per sequence; positions from 1.",
        table(header, [row_of(label, *values) for label, values in models["dna_cnn.uci_splice"].items()]),
        "`spliceai_10k.ci`, the first of its five networks, sites of chr22:20,000,001-21,000,000 (GRCh37), which may have been in its "
        "training; 50 bases on either side are searched; three random tries per site among the same bases; position 0 is the last or "
        "first base of the exon. The last column: sites of the average of all five that it no longer predicts.",
        table(
            (*header, "changed for the average"),
            [[*row_of(label, *values[:4]), values[4]] for label, values in models["spliceai_10k.ci"].items()],
        ),
    )  # fmt: skip
