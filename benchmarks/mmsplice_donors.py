"""MMSplice's donor module: donors of a megabase of human chromosome 22 against random GT sites.

    python benchmarks/mmsplice_donors.py [--data ../shared/data/grch37_chr22_1mb] [--out FILE]

What a real donor is depends on the annotation, so the figure is given for several sets, none chosen by the model's scores: the last
bases of the exons in SpliceAI's gene table (one transcript a gene); of these, without introns of under 30 bases, which are gaps of
an alignment and no introns (three of SCARF2: 2, 6 and 7 bases); those that CI-SpliceAI's table of all isoforms has too; those that
are GT, as what they are compared with; and the donors of CI-SpliceAI's table. The GT sites are drawn from both strands without the
donors of either table. Intervals: bootstrap of sites.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from splice_sites import Gene, read_genes, with_interval

from deepbio.catalog import catalog_folder
from deepbio.inference import predict
from deepbio.metrics import auroc
from deepbio.sequence import reverse_complement
from deepbio.zoo import get_model

LEAST_INTRON = 30
NEGATIVES = 20_000
Site = tuple[bool, int]  # minus strand or not; place of the last base of the exon, counted along that strand


def annotated(codes: np.ndarray, genes: list[Gene]) -> dict[Site, int]:
    """Return each donor of the gene table and the length of its intron, the longest of those it begins."""
    found: dict[Site, int] = {}
    for gene in genes:
        begin = len(codes) - gene.start - len(gene.codes) if gene.minus else gene.start
        donors, acceptors = np.sort(gene.sites["donor"]), np.sort(gene.sites["acceptor"])
        for donor, acceptor in zip(donors, acceptors, strict=True):
            site = (gene.minus, begin + int(donor))
            found[site] = max(found.get(site, 0), int(acceptor - donor) - 1)
    return found


def of_all_isoforms(first: int, codes: np.ndarray) -> set[Site]:
    """Return the donors of CI-SpliceAI's table that lie in the megabase."""
    found = set()
    with gzip.open(catalog_folder("zoo") / "spliceai_10k.ci" / "genes.grch37.csv.gz", "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            minus = row["strand"] == "-"
            places = [int(n) - first for n in row["jn_end" if minus else "jn_start"].split(",") if n]
            if row["chr"] == "chr22":
                found |= {(minus, len(codes) - 1 - n if minus else n) for n in places if 4 <= n < len(codes) - 14}
    return found


def rows(first: int, codes: np.ndarray, genes: list[Gene]) -> list[str]:
    strands = (codes, reverse_complement(codes))

    def window(site: Site) -> np.ndarray:
        return strands[site[0]][site[1] - 4 : site[1] + 14]  # 5 bases of the exon, 13 of the intron

    def is_gt(site: Site) -> bool:
        return window(site)[5:7].tolist() == [2, 3]

    introns, isoforms = annotated(codes, genes), of_all_isoforms(first, codes)
    known = sorted(introns.keys() | isoforms)
    random, others = np.random.Generator(np.random.Philox(0)), []
    for minus, sequence in enumerate(strands):
        gt = np.flatnonzero((sequence[1:-1] == 2) & (sequence[2:] == 3))  # the base before GT
        gt = gt[(gt >= 4) & (gt < len(sequence) - 14)]
        free = gt[~np.isin(gt, [place for strand, place in known if strand == minus])]
        others += [window((bool(minus), int(n))) for n in random.choice(free, NEGATIVES // 2, replace=False)]
    p = predict(get_model("mmsplice_donor.cheng2019"), np.stack([*map(window, known), *others]))
    score, rest = dict(zip(known, p[: len(known)], strict=True)), p[len(known) :]
    sets = {
        "SpliceAI's table, all": set(introns),
        f"SpliceAI's table, introns of at least {LEAST_INTRON} bases": {
            s for s, n in introns.items() if n >= LEAST_INTRON
        },
        "in both tables": introns.keys() & isoforms,
        "SpliceAI's table, GT": {s for s in introns if is_gt(s)},
        "in both tables, GT": {s for s in introns.keys() & isoforms if is_gt(s)},
        "CI-SpliceAI's table, all": isoforms,
        "CI-SpliceAI's table, GT": {s for s in isoforms if is_gt(s)},
    }
    lines = ["| donors | sites | of them GT | AUROC |", "|---|---|---|---|"]
    for name, sites in sets.items():
        scores = np.concatenate([[score[s] for s in sorted(sites)], rest])
        y = np.repeat([1.0, 0.0], [len(sites), len(rest)])
        value = with_interval(
            lambda w, y=y, scores=scores: float(auroc(y, scores, weights=w)), list(range(len(y))), len(y), draws=500
        )
        lines.append(f"| {name} | {len(sites)} | {sum(map(is_gt, sites))} | {value} |")
    lines += ["", "Donors that are not GT, and the share of GT sites that score higher:", ""]
    for site in sorted((s for s in known if not is_gt(s)), key=lambda s: score[s]):
        letters = "".join("ACGTN"[c] for c in window(site))
        where = [name for name, table in (("SpliceAI", introns), ("CI-SpliceAI", isoforms)) if site in table]
        length = f", intron of {introns[site]:,} bases" if site in introns else ""
        place = first + (len(codes) - 1 - site[1] if site[0] else site[1])
        lines.append(
            f"- {place:,} {'-' if site[0] else '+'} `{letters[:5]}|{letters[5:]}` ({' and '.join(where)}{length}): "
            f"{(rest > score[site]).mean():.3f}"
        )
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/grch37_chr22_1mb"))
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    first, codes, genes = read_genes(arguments.data)
    lines = [
        "# Donors of chr22:20,000,001-21,000,000 (GRCh37) by `mmsplice_donor.cheng2019`", "",
        f"`python benchmarks/mmsplice_donors.py`: against {NEGATIVES:,} random GT sites that are donors in neither table; the script",
        "says what the sets are. The authors trained the module on human splice sites, maybe on these too.", "",
        *rows(first, codes, genes),
    ]  # fmt: skip
    text = "\n".join(lines) + "\n"
    print(text)
    if arguments.out:
        arguments.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
