"""Splice sites of a megabase of human chromosome 22: how well the pretrained splice models find them.

    python benchmarks/splice_sites.py [--weights spliceai_10k.ci ...] [--data FOLDER] [--genes NAME ...] [--out FILE]

The folder (`../shared/data/grch37_chr22_1mb` unless told otherwise) holds one FASTA file of a stretch of GRCh37 (record name
`chromosome:first-last`) and `genes.tsv` (name, chromosome, strand, transcript, exons; starts 0-based). Every gene is read on its
own strand with N beyond its transcript, as SpliceAI does. Top-k accuracy is the share of true sites among the k surest positions, k
being their number (Jaganathan et al. 2019). Intervals: bootstrap of whole genes.
"""

from __future__ import annotations

import argparse
import csv
import os
import time
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from deepbio.datasets.readers import read_fasta
from deepbio.inference import predict
from deepbio.metrics import auprc
from deepbio.sequence import reverse_complement
from deepbio.zoo import get_model

CONTEXT, SPAN = 10_000, 10_000  # bases around and in one prediction
SITES = {"acceptor": 1, "donor": 2}


@dataclass(frozen=True)
class Gene:
    """A transcript, its codes on its own strand, and its sites as 0-based positions on that strand."""

    name: str
    codes: np.ndarray
    sites: dict[str, np.ndarray]
    start: int  # 0-based, in the megabase
    minus: bool


def read_genes(folder: Path) -> tuple[int, np.ndarray, list[Gene]]:
    """Return the 1-based place of the first base on the chromosome, the codes, and the genes that lie inside."""
    records = read_fasta(next(folder.glob("*.fa.gz")))
    codes = np.asarray(records.codes[0])
    first = int(records.ids[0].split(":")[1].split("-")[0])
    genes = []
    with (folder / "genes.tsv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            start, end = int(row["TX_START"]) + 1 - first, int(row["TX_END"]) - first + 1
            if start < 0 or end > len(codes):
                continue
            starts = [int(n) + 1 - first - start for n in row["EXON_START"].split(",") if n]
            ends = [int(n) - first - start for n in row["EXON_END"].split(",") if n]
            left, right = np.array(starts[1:], int), np.array(ends[:-1], int)
            minus = row["STRAND"] == "-"
            own = reverse_complement(codes[start:end]) if minus else codes[start:end]
            last = end - start - 1
            sites = {"acceptor": last - right, "donor": last - left} if minus else {"acceptor": left, "donor": right}
            genes.append(Gene(row["#NAME"], own, sites, start, minus))
    return first, codes, genes


def probabilities(model, gene: Gene) -> np.ndarray:
    """Return `(length, 3)`, computed in windows of `SPAN` bases."""
    windows = -(-len(gene.codes) // SPAN)
    padded = np.full(windows * SPAN + CONTEXT, 4, np.uint8)
    padded[CONTEXT // 2 : CONTEXT // 2 + len(gene.codes)] = gene.codes
    x = np.stack([padded[i * SPAN : i * SPAN + SPAN + CONTEXT] for i in range(windows)])
    return predict(model, x, batch_size=1).reshape(-1, 3)[: len(gene.codes)]


def top_k(y: np.ndarray, p: np.ndarray, weights: np.ndarray) -> float:
    """Return the share of true sites among as many surest positions as there are sites; weights are whole numbers."""
    order = np.argsort(-p, kind="stable")
    taken, true = weights[order], y[order]
    k = float((y * weights).sum())
    before = np.concatenate([[0], np.cumsum(taken)[:-1]])
    inside = np.clip(k - before, 0, taken)
    return float((inside * true).sum() / k)


def pr_auc(y: np.ndarray, p: np.ndarray, weights: np.ndarray) -> float:
    """Return the average precision; 1 where no position that is left is false."""
    return float(auprc(y, p, weights=weights)) if weights[y == 0].any() else 1.0


def with_interval(measure, genes: list[int], n: int, *, draws: int = 500) -> str:
    """Return a figure and the 2.5% and 97.5% quantiles over bootstrap draws of genes."""
    owner = np.asarray(genes)
    random = np.random.Generator(np.random.Philox(0))
    value = measure(np.ones(len(owner)))
    found = [measure(np.bincount(random.integers(0, n, n), minlength=n)[owner].astype(float)) for _ in range(draws)]
    low, high = np.quantile(found, [0.025, 0.975])
    return f"{value:.3f} [{low:.3f}, {high:.3f}]"


def splice_rows(model, genes: list[Gene]) -> list[str]:
    start = time.perf_counter()
    predicted = [probabilities(model, gene) for gene in genes]
    bases = sum(len(gene.codes) for gene in genes)
    lines = [f"{bases:,} bases of {len(genes)} genes in {time.perf_counter() - start:.0f} s.", ""]
    lines += ["| site | sites | top-k accuracy | PR-AUC |", "|---|---|---|---|"]
    for site, channel in SITES.items():
        truth = [np.isin(np.arange(len(gene.codes)), gene.sites[site]) for gene in genes]
        y, p = np.concatenate(truth), np.concatenate([each[:, channel] for each in predicted])
        owner = np.repeat(np.arange(len(genes)), [len(gene.codes) for gene in genes])
        kept = p >= p[y].min()  # positions below the least sure site change neither figure
        y, p, owner = y[kept].astype(float), p[kept], owner[kept]
        figures = [
            with_interval(lambda w, y=y, p=p: top_k(y, p, w), owner, len(genes)),
            with_interval(lambda w, y=y, p=p: pr_auc(y, p, w), owner, len(genes)),
        ]
        lines.append(f"| {site} | {int(y.sum())} | {figures[0]} | {figures[1]} |")
    lines += ["", "Sites of each gene among as many surest positions:", ""]
    for gene, each in zip(genes, predicted, strict=True):
        counts = []
        for site, channel in SITES.items():
            true = gene.sites[site]
            best = np.argsort(-each[:, channel])[: len(true)]
            counts.append(f"{len(np.intersect1d(best, true))}/{len(true)} {site}s")
        lines.append(f"- {gene.name}: {', '.join(counts)}")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", nargs="+", default=["spliceai_10k.ci"])
    parser.add_argument("--data", type=Path, default=Path("../shared/data/grch37_chr22_1mb"))
    parser.add_argument("--genes", nargs="+", help="only these")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    _, _, genes = read_genes(arguments.data)
    genes = [gene for gene in genes if arguments.genes is None or gene.name in arguments.genes]
    lines = [
        "# Splice sites of chr22:20,000,001-21,000,000 (GRCh37)", "",
        f"`python benchmarks/splice_sites.py --weights {' '.join(arguments.weights)}`, {len(genes)} genes of SpliceAI's own table.",
        "Chromosome 22 was among SpliceAI's training chromosomes (Jaganathan et al. 2019), so these figures show that the weights",
        "are read right, not how they do on unseen genes. Three introns of SCARF2 in the table have 2 to 7 bases: they are gaps",
        "of an alignment, and what is missed there is no splice site.",
    ]  # fmt: skip
    for name in arguments.weights:
        lines += ["", f"## {name}", "", *splice_rows(get_model(name, input_shape=SPAN + CONTEXT), genes)]
    text = "\n".join(lines) + "\n"
    print(text)
    if arguments.out:
        arguments.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
