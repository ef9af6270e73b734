"""Record the scores of the program mmsplice 2.4.0, for `test_mmsplice.py`, in an environment that has it (and no deepbio).

    pip install mmsplice==2.4.0 "setuptools<80" "pandas<2.2" "numpy<2"
    python tests/variants/record_mmsplice.py pred.csv tests/data/mmsplice_program.json

The first part is the program run on the two inner exons of ZDHHC8 that `spliceai_ci_zdhhc8.json` has, read as genes of either strand
with a short first and last exon: substitutions, insertions, deletions and both at once, most of them across the ends of exons. The
second are the program's own results for its test variants of exon 2 of BRCA1 (`tests/data/pred.csv` of its repository, MIT licence),
with the bases of GRCh37 around it (`tests/test_vcf_dataloader.py` there), but for the three that need more of them.
"""

import csv
import json
import sys
import tempfile
from pathlib import Path

import numpy as np

DATA = Path(__file__).resolve().parents[1] / "data"
EXONS = ((2, 61), (201, 322), (485, 642), (727, 744))  # of the stretch below, the inner ones of ZDHHC8
FIRST, LENGTH = 4816, 1000  # of the recorded sequence: 20,126,517 of chromosome 22 (GRCh37) is its first base
BRCA1 = (
    "GACATGTCTTTTCTTCCCTAGTATGTAAGGTCAATTCTGTTCATTTGCATAGGAGATAATCATAGGAATCCCAAATTAATACACTCTTGTGCTGACTTA"
    "CCAGATGGGACACTCTAAGATTTTCTGCATAGCATTAATGACATTTTGTACTTCTTCAACGCGAAGAGCAGATAAATCCATTTCTTTCTGTTCCAATGA"
    "ACTTTAACACATTAGAAAAACATATATATATATCTTTTTAAAAGGTTTATAAAATGACAACTTCATTTTATCATTTTAAAATAAAGTAAATTTAAGATTTG"
)
BRCA1_FIRST = 41_275_934
BEYOND = {"17:41276024:GCTGA>G", "17:41276145:AGAAA>TT", "17:41276152:C>CAT"}
MODULES = ("acceptorIntron", "acceptor", "exon", "donor", "donorIntron")


def gtf(strand):
    """Return one transcript with `EXONS`."""
    rows, name = [("transcript", EXONS[0][0], EXONS[-1][1]), *(("exon", *exon) for exon in EXONS)], 'gene_id "G"; '
    more = 'gene_name "G"; transcript_id "T"; exon_id "E";'
    return "".join(f"22\tx\t{kind}\t{a}\t{b}\t.\t{strand}\t.\t{name}{more}\n" for kind, a, b in rows)


def variants(sequence):
    """Return `(pos, ref, alt)`, most within 12 bases of the ends of exons."""
    random = np.random.Generator(np.random.Philox(8))
    ends, found = [end for exon in EXONS for end in exon], set()
    while len(found) < 80:
        pos = int(random.choice(ends)) + int(random.integers(-12, 13))
        n, kind = int(random.integers(1, 26)), len(found) % 4
        if not 1 <= pos <= LENGTH - 130:
            continue
        ref, other = sequence[pos - 1], "".join(random.choice(list("ACGT"), n))
        snv = (ref, "ACGT"[("ACGT".index(ref) + 1) % 4])
        longer = sequence[pos - 1 : pos + n]
        alleles = (snv, (ref, ref + other), (longer, ref), (longer, other))[kind]
        if alleles[0] != alleles[1]:
            found.add((pos, *alleles))
    return sorted(found)


def run(folder, sequence, strand):
    """Return the program's rows for one strand."""
    from mmsplice import MMSplice, predict_all_table
    from mmsplice.vcf_dataloader import SplicingVCFDataloader

    (folder / "g.fa").write_text(f">22\n{sequence}\n")
    (folder / "g.gtf").write_text(gtf(strand))
    lines = [f"22\t{p}\t.\t{r}\t{a}\t.\t.\t.\n" for p, r, a in variants(sequence)]
    head = f"##fileformat=VCFv4.2\n##contig=<ID=22,length={LENGTH}>\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    (folder / "in.vcf").write_text(head + "".join(lines))
    loader = SplicingVCFDataloader(*(str(folder / name) for name in ("g.gtf", "g.fa", "in.vcf")))
    table = predict_all_table(MMSplice(), loader, progress=False)
    return [entry(row, 0) for row in table.to_dict("records")]


def entry(row, minus):
    """Return position, alleles, exon, delta logit PSI and the ten scores of the modules, positions lowered by `minus`."""
    _, pos, alleles = row["ID"].split(":")
    start, end = map(int, row["exons"].split(":")[1].split("-"))
    scores = [round(float(row[f"{allele}_{module}"]), 6) for allele in ("ref", "alt") for module in MODULES]
    place = [int(pos) - minus, *alleles.split(">"), start + 1 - minus, end - minus]
    return [*place, round(float(row["delta_logit_psi"]), 7), *scores]


def main(predictions, out):
    site = json.loads((DATA / "spliceai_ci_zdhhc8.json").read_text())["sequence"]
    sequence = site[FIRST : FIRST + LENGTH]
    found = {}
    for strand in "+-":
        with tempfile.TemporaryDirectory() as folder:
            found[strand] = run(Path(folder), sequence, strand)
    with Path(predictions).open() as file:
        rows = [row for row in csv.DictReader(file) if row["exons"] == "17:41276033-41276132:-"]
    brca1 = [entry(row, BRCA1_FIRST - 1) for row in rows if row["ID"] not in BEYOND]
    content = {
        "source": "mmsplice 2.4.0, MIT licence, copyright (c) 2018 Jun Cheng; see tests/variants/record_mmsplice.py",
        "zdhhc8": {"sequence": sequence, "exons": EXONS, **found},
        "brca1": {"sequence": BRCA1, "rows": brca1},
    }
    text = json.dumps(content).replace("[[", "[\n[").replace("], [", "],\n[")
    Path(out).write_text(text + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:3])
