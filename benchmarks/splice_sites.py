"""Splice sites of a megabase of human chromosome 22: how well the pretrained splice models find them.

    python benchmarks/splice_sites.py [--weights spliceai_10k.ci ...] [--data FOLDER] [--genes NAME ...] [--out FILE]

The folder has one FASTA file of a stretch of GRCh37 (record name `chromosome:first-last`) and `genes.tsv` (name, chromosome, strand,
transcript, exons; starts 0-based). Every gene is read on its own strand with N beyond its transcript, as SpliceAI does. Top-k
accuracy is the fraction of true sites among the k highest scores, k being their number (Jaganathan et al. 2019). Intervals:
bootstrap of whole genes.
"""

import csv
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from _table import MEGABASE, script, span, table, write_page

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
    """Return the 1-based position of the first base on the chromosome, the codes, and the genes that lie inside."""
    records = read_fasta(next(folder.glob("*.fa.gz")))
    codes = np.asarray(records.codes[0])
    first = int(records.ids[0].split(":")[1].split("-")[0])
    genes = []
    with (folder / "genes.tsv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            start, end = int(row["TX_START"]) + 1 - first, int(row["TX_END"]) - first + 1
            if start < 0 or end > len(codes):
                continue
            left = np.array([int(n) + 1 - first - start for n in row["EXON_START"].split(",") if n][1:], int)
            right = np.array([int(n) - first - start for n in row["EXON_END"].split(",") if n][:-1], int)
            minus, last = row["STRAND"] == "-", end - start - 1
            own = reverse_complement(codes[start:end]) if minus else codes[start:end]
            acceptor, donor = (last - right, last - left) if minus else (left, right)
            genes.append(Gene(row["#NAME"], own, {"acceptor": acceptor, "donor": donor}, start, minus))
    return first, codes, genes


def probabilities(model, gene: Gene) -> np.ndarray:
    """Return `(length, 3)`, computed in windows of `SPAN` bases."""
    windows = -(-len(gene.codes) // SPAN)
    padded = np.full(windows * SPAN + CONTEXT, 4, np.uint8)
    padded[CONTEXT // 2 : CONTEXT // 2 + len(gene.codes)] = gene.codes
    x = np.stack([padded[i * SPAN : i * SPAN + SPAN + CONTEXT] for i in range(windows)])
    return predict(model, x, batch_size=1).reshape(-1, 3)[: len(gene.codes)]


def top_k(y: np.ndarray, p: np.ndarray, weights: np.ndarray) -> float:
    """Return the fraction of true sites among as many highest scores as there are sites; weights are whole numbers."""
    order = np.argsort(-p, kind="stable")
    taken, true = weights[order], y[order]
    k = float((y * weights).sum())
    inside = np.clip(k - np.concatenate([[0], np.cumsum(taken)[:-1]]), 0, taken)
    return float((inside * true).sum() / k)


def pr_auc(y: np.ndarray, p: np.ndarray, weights: np.ndarray) -> float:
    """Return the average precision; 1 where no position that is left is false."""
    return float(auprc(y, p, weights=weights)) if weights[y == 0].any() else 1.0


def with_interval(
    measure: Callable, y: np.ndarray, p: np.ndarray, genes: Sequence[int], n: int, *, n_resamples: int = 500
) -> str:
    """Return a figure `measure(y, p, weights)` and its 2.5% and 97.5% quantiles over resamples of genes."""
    owner, random = np.asarray(genes), np.random.Generator(np.random.Philox(0))
    value = measure(y, p, np.ones(len(owner)))
    resamples = (np.bincount(random.integers(0, n, n), minlength=n)[owner].astype(float) for _ in range(n_resamples))
    return span(value, *np.quantile([measure(y, p, weights) for weights in resamples], [0.025, 0.975]))


def splice_parts(model, genes: list[Gene]) -> list:
    start = time.perf_counter()
    predicted = [probabilities(model, gene) for gene in genes]
    bases = sum(len(gene.codes) for gene in genes)
    seconds, rows, found = time.perf_counter() - start, [], {gene.name: [] for gene in genes}
    for site, channel in SITES.items():
        truth = [np.isin(np.arange(len(gene.codes)), gene.sites[site]) for gene in genes]
        y, p = np.concatenate(truth), np.concatenate([each[:, channel] for each in predicted])
        owner = np.repeat(np.arange(len(genes)), [len(gene.codes) for gene in genes])
        kept = p >= p[y].min()  # positions below the lowest true site change neither figure
        y, p, owner = y[kept].astype(float), p[kept], owner[kept]
        rows.append([site, int(y.sum()), *(with_interval(f, y, p, owner, len(genes)) for f in (top_k, pr_auc))])
        for gene, each in zip(genes, predicted, strict=True):
            true = gene.sites[site]
            best = np.argsort(-each[:, channel])[: len(true)]
            found[gene.name].append(f"{len(np.intersect1d(best, true))}/{len(true)} {site}s")
    return [
        f"{bases:,} bases of {len(genes)} genes in {seconds:.0f} s.",
        table(("site", "sites", "top-k accuracy", "PR-AUC"), rows),
        "Sites of each gene among as many highest scores:",
        [f"- {name}: {', '.join(counts)}" for name, counts in found.items()],
    ]


@script(__doc__, weights=["spliceai_10k.ci"], data=MEGABASE, genes=[])
def main(arguments):
    _, _, genes = read_genes(arguments.data)
    genes = [gene for gene in genes if not arguments.genes or gene.name in arguments.genes]
    parts = []
    for name in arguments.weights:
        parts += [f"## {name}", *splice_parts(get_model(name, input_shape=SPAN + CONTEXT), genes)]
    about = (
        f"{len(genes)} genes of SpliceAI's own table. Chromosome 22 was among SpliceAI's training chromosomes (Jaganathan et al. "
        "2019), so these figures show that the weights are read right, not how they do on unseen genes. Three introns of SCARF2 "
        "in the table have 2 to 7 bases: they are gaps of an alignment, and what is missed there is no splice site."
    )
    write_page(arguments, "Splice sites of chr22:20,000,001-21,000,000 (GRCh37)", about, *parts)
