"""MMSplice's donor module: donors of a megabase of human chromosome 22 against random GT sites.

    python benchmarks/mmsplice_donors.py [--data ../shared/data/grch37_chr22_1mb] [--out FILE]

What a real donor is depends on the annotation, so the figure is computed for several sets, none chosen by the model's scores: the last
bases of the exons in SpliceAI's gene table (one transcript per gene); of these, without introns of under 30 bases, which are gaps of
an alignment and no introns (three of SCARF2: 2, 6 and 7 bases); those that CI-SpliceAI's table of all isoforms has too; those that
are GT, as what they are compared with; and the donors of CI-SpliceAI's table. The GT sites are drawn from both strands without the
donors of either table. Intervals: bootstrap of sites.
"""

import csv
import gzip

import numpy as np
from _table import MEGABASE, script, table, write_page
from splice_sites import Gene, read_genes, with_interval

from deepbio.catalog import catalog_folder
from deepbio.inference import predict
from deepbio.metrics import auroc
from deepbio.sequence import reverse_complement
from deepbio.zoo import get_model

MIN_INTRON, NEGATIVES = 30, 20_000
Site = tuple[bool, int]  # minus strand or not; position of the last base of the exon, counted along that strand


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
            positions = [int(n) - first for n in row["jn_end" if minus else "jn_start"].split(",") if n]
            if row["chr"] == "chr22":
                inside = [n for n in positions if 4 <= n < len(codes) - 14]
                found |= {(minus, len(codes) - 1 - n if minus else n) for n in inside}
    return found


def parts(first: int, codes: np.ndarray, genes: list[Gene]) -> list:
    strands = (codes, reverse_complement(codes))

    def window(site: Site) -> np.ndarray:
        return strands[site[0]][site[1] - 4 : site[1] + 14]  # 5 bases of the exon, 13 of the intron

    introns, isoforms = annotated(codes, genes), of_all_isoforms(first, codes)
    known, both = sorted(introns.keys() | isoforms), introns.keys() & isoforms
    gt = {site for site in known if window(site)[5:7].tolist() == [2, 3]}
    random, others = np.random.Generator(np.random.Philox(0)), []
    for minus, sequence in enumerate(strands):
        sites = np.flatnonzero((sequence[1:-1] == 2) & (sequence[2:] == 3))  # the base before GT
        sites = sites[(sites >= 4) & (sites < len(sequence) - 14)]
        free = sites[~np.isin(sites, [position for strand, position in known if strand == minus])]
        others += [window((bool(minus), int(n))) for n in random.choice(free, NEGATIVES // 2, replace=False)]
    p = predict(get_model("mmsplice_donor.cheng2019"), np.stack([*map(window, known), *others]))
    score, rest = dict(zip(known, p[: len(known)], strict=True)), p[len(known) :]
    sets = {
        "SpliceAI's table, all": set(introns),
        f"SpliceAI's table, introns of at least {MIN_INTRON} bases": {s for s, n in introns.items() if n >= MIN_INTRON},
        "in both tables": both,
        "SpliceAI's table, GT": introns.keys() & gt,
        "in both tables, GT": both & gt,
        "CI-SpliceAI's table, all": isoforms,
        "CI-SpliceAI's table, GT": isoforms & gt,
    }
    rows = []
    for name, chosen in sets.items():
        scores = np.concatenate([[score[s] for s in sorted(chosen)], rest])
        y = np.repeat([1.0, 0.0], [len(chosen), len(rest)])
        value = with_interval(lambda y, p, w: float(auroc(y, p, weights=w)), y, scores, range(len(y)), len(y))
        rows.append([name, len(chosen), len(chosen & gt), value])
    lines = []
    for site in sorted((s for s in known if s not in gt), key=lambda s: score[s]):
        bases = "".join("ACGTN"[c] for c in window(site))
        where = " and ".join(name for name, part in (("SpliceAI", introns), ("CI-SpliceAI", isoforms)) if site in part)
        length = f", intron of {introns[site]:,} bases" if site in introns else ""
        place = f"{first + (len(codes) - 1 - site[1] if site[0] else site[1]):,} {'-' if site[0] else '+'}"
        lines.append(f"- {place} `{bases[:5]}|{bases[5:]}` ({where}{length}): {(rest > score[site]).mean():.3f}")
    title = "Donors that are not GT, and the fraction of GT sites with a higher score:"
    return [table(("donors", "sites", "of them GT", "AUROC"), rows), title, lines]


@script(__doc__, data=MEGABASE)
def main(arguments):
    about = (
        f"Against {NEGATIVES:,} random GT sites that are donors in neither table; the script says what the sets are. The authors "
        "trained the module on human splice sites, maybe on these too."
    )
    title = "Donors of chr22:20,000,001-21,000,000 (GRCh37) by `mmsplice_donor.cheng2019`"
    write_page(arguments, title, about, *parts(*read_genes(arguments.data)))
