"""Splice scores of deepbio beside the command `cis-vcf` of cispliceai 1.2.2, on 200 variants of a megabase of chromosome 22 (GRCh37).

    python benchmarks/variants_cispliceai.py prepare FOLDER
    cd FOLDER && cis-vcf genome.fa -a genes.csv -i in.vcf -o cis.vcf -d 50 --all     # in cispliceai's own environment
    python benchmarks/variants_cispliceai.py score FOLDER
    python benchmarks/variants_cispliceai.py compare FOLDER [--out benchmarks/results/variants_cispliceai.md]

The result says how the two tools differ, and lists every variant that they score otherwise.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from benchmarks import variants_equality as equality

REASONS = """\
The two define the scores alike, but for these.

- cispliceai takes a gene's last base for the first one beyond it, so that base is N to its networks. Near a gene's end this moves
  the third decimal. With each gene's end one lower in deepbio's table the SNVs below get cispliceai's scores, digit by digit.
- Its outputs reach further to the right, with a deletion as many positions as that is long, so gains and losses beyond the distance
  count. So it is with the deletions below: each has a position beyond 50.
- It puts a deletion's zeros before the base at POS, not after it (GAAG>G: at POS).
- Its mask tells acceptors from donors; here it is off.
"""
MINUS = equality.FIRST - 1


def prepare(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    sequence, genes = equality.read_sequence(equality.DATA), equality.read_genes(equality.DATA)
    lines = "\n".join(sequence[i : i + 60] for i in range(0, len(sequence), 60))
    (folder / "genome.fa").write_text(f">22\n{lines}\n", encoding="ascii")

    def lowered(cell: str) -> str:
        return ",".join(str(int(n) - MINUS) for n in cell.split(",") if n)

    from deepbio.catalog import catalog_folder

    with gzip.open(catalog_folder("zoo") / "spliceai_10k.ci" / "genes.grch37.csv.gz", "rt") as file:
        header, *rows = csv.reader(file)
    rows = [[r[0], "chr22", r[2], *map(lowered, r[3:7])] for r in rows if r[1] == "chr22"]
    rows = [r for r in rows if int(r[3]) > 0 and int(r[4]) <= 1_000_000]
    with (folder / "genes.csv").open("w", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])
    wanted = {"SNV": 120, "insertion": 40, "deletion": 40}
    found = []
    candidates = equality.choose(sequence, genes)
    for i in np.random.Generator(np.random.Philox(3)).permutation(len(candidates)):
        pos, ref, alt, _ = candidates[i]
        kind = equality.kind_of(ref, alt)
        if wanted[kind] and 7000 < pos < 992_000 and any(int(r[3]) <= pos < int(r[4]) - 1 for r in rows):
            wanted[kind] -= 1
            found.append((pos, ref, alt))
    head = "##fileformat=VCFv4.2\n##contig=<ID=22>\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    records = [f"22\t{pos}\t.\t{ref}\t{alt}\t.\t.\t.\n" for pos, ref, alt in sorted(found)]
    (folder / "in.vcf").write_text(head + "".join(records), encoding="utf-8")


def entries(path: Path) -> dict[tuple[str, ...], list[str]]:
    """Give, by position, alleles and gene, the four scores and four positions."""
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        cells = line.split("\t")
        info = cells[7].split("=", 1)[-1]
        for entry in info.split(","):
            parts = entry.split("|")
            if len(parts) == 10:
                found[cells[1], cells[3], parts[0], parts[1]] = parts[2:]
    return found


def score(folder: Path) -> None:
    from deepbio.variants import splice

    splice(folder / "in.vcf", fasta=folder / "genome.fa", annotation=folder / "genes.csv", out=folder / "ours.vcf")


def compare(folder: Path, out: Path | None) -> None:
    ours, theirs = entries(folder / "ours.vcf"), entries(folder / "cis.vcf")
    lines = [
        "| kind | entries in both | scores equal | positions of scores from 0.01 equal | largest difference |",
        "|---|---|---|---|---|",
    ]
    others = []
    for kind in ("SNV", "insertion", "deletion"):
        keys = [k for k in ours if k in theirs and equality.kind_of(k[1], k[2]) == kind]
        scores = [np.array([[float(v) for v in side[k][:4]] for side in (ours, theirs)]) for k in keys]
        gaps = [float(np.abs(s[0] - s[1]).max()) for s in scores]
        places = [
            all(ours[k][4 + i] == theirs[k][4 + i] for i in range(4) if max(s[0][i], s[1][i]) >= 0.01)
            for k, s in zip(keys, scores, strict=True)
        ]
        equal = sum(gap < 0.005 for gap in gaps)
        lines.append(f"| {kind} | {len(keys)} | {equal} | {sum(places)} | {max(gaps):.2f} |")
        others += [f"- {' '.join(k)}: {'|'.join(ours[k])}; cispliceai {'|'.join(theirs[k])}"
                   for k, gap, place in zip(keys, gaps, places, strict=True) if gap >= 0.005 or not place]  # fmt: skip
    only = f"Only with deepbio: {len(ours.keys() - theirs.keys())}; only with cispliceai: {len(theirs.keys() - ours.keys())}."
    text = "\n".join([*lines, "", only, "", *others]) + "\n"
    print(text)
    if out:
        made = "Made by `python benchmarks/variants_cispliceai.py` (prepare, score, compare) and `cis-vcf ... -d 50 --all` between."
        out.write_text(f"# Splice scores beside cispliceai 1.2.2\n\n{made}\n\n{REASONS}\n{text}", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["prepare", "score", "compare"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    if arguments.what == "compare":
        compare(arguments.folder, arguments.out)
    else:
        {"prepare": prepare, "score": score}[arguments.what](arguments.folder)


if __name__ == "__main__":
    main()
