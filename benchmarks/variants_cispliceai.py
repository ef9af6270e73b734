"""Splice scores of deepbio beside the command `cis-vcf` of cispliceai 1.2.2, on 200 variants of a megabase of chromosome 22 (GRCh37).

    python benchmarks/variants_cispliceai.py prepare --folder FOLDER
    cd FOLDER && cis-vcf genome.fa -a genes.csv -i in.vcf -o cis.vcf -d 50 --all     # in cispliceai's own environment
    python benchmarks/variants_cispliceai.py compare --folder FOLDER [--out benchmarks/results/variants_cispliceai.md]

The result says how the two tools differ, and lists every variant that they score otherwise.
"""

import csv
import gzip
from pathlib import Path

import numpy as np
from _table import MEGABASE, script, table, write_page
from variants_equality import FIRST, choose, kind_of, read_genes, read_sequence

REASONS = """\
The two define the scores alike, but for these.

- cispliceai takes a gene's last base for the first one beyond it, so that base is N to its networks. Near a gene's end this moves
  the third decimal. With each gene's end one lower in deepbio's table the SNVs below get cispliceai's scores, digit by digit.
- Its outputs reach further to the right, with a deletion as many positions as that is long, so gains and losses beyond the distance
  count. So it is with the deletions below: each has a position beyond 50.
- It puts a deletion's zeros before the base at POS, not after it (GAAG>G: at POS).
- Its mask distinguishes acceptors from donors; here it is off."""


def prepare(folder: Path, data: Path) -> None:
    """Write the genome, its genes and 200 variants."""
    from deepbio.catalog import catalog_folder

    folder.mkdir(parents=True, exist_ok=True)
    sequence = read_sequence(data)
    lines = "\n".join(sequence[i : i + 60] for i in range(0, len(sequence), 60))
    (folder / "genome.fa").write_text(f">22\n{lines}\n", encoding="ascii")
    with gzip.open(catalog_folder("zoo") / "spliceai_10k.ci" / "genes.grch37.csv.gz", "rt") as file:
        header, *rows = csv.reader(file)

    def lowered(column: str) -> str:
        return ",".join(str(int(n) - FIRST + 1) for n in column.split(",") if n)

    rows = [[r[0], "chr22", r[2], *map(lowered, r[3:7])] for r in rows if r[1] == "chr22"]
    rows = [r for r in rows if int(r[3]) > 0 and int(r[4]) <= 1_000_000]
    with (folder / "genes.csv").open("w", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])
    wanted, found = {"SNV": 120, "insertion": 40, "deletion": 40}, []
    candidates = choose(sequence, read_genes(data))
    for i in np.random.Generator(np.random.Philox(3)).permutation(len(candidates)):
        pos, ref, alt, _ = candidates[i]
        kind = kind_of(ref, alt)
        if wanted[kind] and 7000 < pos < 992_000 and any(int(r[3]) <= pos < int(r[4]) - 1 for r in rows):
            wanted[kind] -= 1
            found.append((pos, ref, alt))
    head = "##fileformat=VCFv4.2\n##contig=<ID=22>\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    records = [f"22\t{pos}\t.\t{ref}\t{alt}\t.\t.\t.\n" for pos, ref, alt in sorted(found)]
    (folder / "in.vcf").write_text(head + "".join(records), encoding="utf-8")


def entries(path: Path) -> dict[tuple[str, ...], list[str]]:
    """Return, by position, alleles and gene, the four scores and four positions."""
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            fields = line.split("\t")
            for parts in (entry.split("|") for entry in fields[7].split("=", 1)[-1].split(",")):
                if len(parts) == 10:
                    found[fields[1], fields[3], parts[0], parts[1]] = parts[2:]
    return found


def compare(folder: Path) -> list:
    """Score with deepbio; return the table, and what differs."""
    from deepbio.variants import splice

    splice(folder / "in.vcf", fasta=folder / "genome.fa", annotation=folder / "genes.csv", out=folder / "ours.vcf")
    ours, theirs = entries(folder / "ours.vcf"), entries(folder / "cis.vcf")
    rows, others = [], []
    for kind in ("SNV", "insertion", "deletion"):
        gaps, alike = [], []
        for k in [k for k in ours if k in theirs and kind_of(k[1], k[2]) == kind]:
            scores = np.array([[float(v) for v in side[k][:4]] for side in (ours, theirs)])
            gaps.append(float(np.abs(scores[0] - scores[1]).max()))
            alike.append(all(ours[k][4 + i] == theirs[k][4 + i] for i in range(4) if scores[:, i].max() >= 0.01))
            if gaps[-1] >= 0.005 or not alike[-1]:
                others.append(f"- {' '.join(k)}: {'|'.join(ours[k])}; cispliceai {'|'.join(theirs[k])}")
        rows.append([kind, len(gaps), sum(gap < 0.005 for gap in gaps), sum(alike), f"{max(gaps, default=0):.2f}"])
    header = ("kind", "entries in both", "scores equal", "positions of scores from 0.01 equal", "largest difference")
    only = f"Only with deepbio: {len(ours.keys() - theirs.keys())}; only with cispliceai: {len(theirs.keys() - ours.keys())}."
    return [table(header, rows), only, others]


@script(__doc__, what=("prepare", "compare"), folder=Path(), data=MEGABASE)
def main(arguments):
    if arguments.what == "prepare":
        prepare(arguments.folder, arguments.data)
    else:
        about = "Before this, the command prepare and `cis-vcf ... -d 50 --all`."
        parts = [REASONS, *compare(arguments.folder)]
        write_page(arguments, "Splice scores beside cispliceai 1.2.2", about, *parts)
