"""MMSplice's scores: equal to those of the program mmsplice, and what is written of them."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from deepbio.cli.main import main
from deepbio.errors import DataError
from deepbio.genome import VcfFile, open_genome
from deepbio.genome.exons import Exon, Exons, read_exons
from deepbio.genome.vcf import parse_record
from deepbio.variants import mmsplice
from deepbio.variants.mmsplice import ExonScorer

PROGRAM = json.loads((Path(__file__).parents[1] / "data" / "mmsplice_program.json").read_text(encoding="utf-8"))
ZDHHC8 = PROGRAM["zdhhc8"]
HEAD = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("DEEPBIO_CACHE", str(tmp_path / "cache"))


def genome_of(tmp_path, sequence):
    (tmp_path / "g.fa").write_text(f">22\n{sequence}\n")
    return open_genome(tmp_path / "g.fa")


def annotation(tmp_path, strand="+", name="g.gtf"):
    attributes = 'gene_id "G"; transcript_id "T"; gene_name "ZDHHC8";'
    lines = (f"chr22\tx\texon\t{a}\t{b}\t.\t{strand}\t.\t{attributes}\n" for a, b in ZDHHC8["exons"])
    (tmp_path / name).write_text("".join(lines))
    return tmp_path / name


def compare(scorer, rows):
    """Compare delta logit PSI and the scores of all modules of `rows` with those of a scorer."""
    records = [parse_record(f"22\t{row[0]}\t.\t{row[1]}\t{row[2]}\t.\t.\t.") for row in rows]
    found = {
        (record.position, record.reference, alternate, exon.start, exon.end): [change, *scores]
        for record, (_, effects) in zip(records, scorer(records), strict=True)
        for alternate, exon, change, scores in effects
    }
    assert found.keys() == {tuple(row[:5]) for row in rows}
    ours = np.array([found[tuple(row[:5])] for row in rows])
    # the program's logits of sites come from probabilities in single precision
    np.testing.assert_allclose(ours, [row[5:] for row in rows], rtol=0, atol=1e-4)


@pytest.mark.parametrize("strand", ["+", "-"])
def test_scores_are_those_of_the_program_at_the_ends_of_exons(strand, tmp_path):
    exons = read_exons(annotation(tmp_path, strand))
    compare(ExonScorer(genome_of(tmp_path, ZDHHC8["sequence"]), exons), ZDHHC8[strand])


def test_scores_are_those_of_the_program_for_its_own_variants_of_brca1(tmp_path):
    """Results of mmsplice's repository, tests/data/pred.csv, for variants of ClinVar in exon 2 of BRCA1."""
    rows = PROGRAM["brca1"]["rows"]
    assert len(rows) == 47
    exons = Exons([Exon("22", "-", 101, 199, "BRCA1", False, False)])
    compare(ExonScorer(genome_of(tmp_path, PROGRAM["brca1"]["sequence"]), exons), rows)


def test_the_field_has_the_exon_of_largest_change_for_each_alternate_and_gene(tmp_path):
    genome_of(tmp_path, ZDHHC8["sequence"])
    sequence = ZDHHC8["sequence"]
    ref = sequence[322]  # the G of GT
    text = f"{HEAD}22\t323\trs1\t{ref}\tA,<DEL>,C\t.\t.\tDP=3\n22\t960\t.\t{sequence[959]}\tN\t.\t.\t.\n"
    (tmp_path / "in.vcf").write_text(text)
    summary = mmsplice(
        tmp_path / "in.vcf", fasta=tmp_path / "g.fa", annotation=annotation(tmp_path), out=tmp_path / "out.vcf",
        explain_skips=True,
    )  # fmt: skip
    assert (summary.scored, summary.skipped) == (1, {"symbolic": 1, "no exon within 100 bases": 1})
    (first, second) = VcfFile(tmp_path / "out.vcf").records()
    field = first.cells[7].removeprefix("DP=3;MMSplice=").split(",")
    assert [entry.split("|")[:4] for entry in field] == [[a, "ZDHHC8", "201", "322"] for a in "AC"]
    assert all(float(entry.split("|")[4]) < -2 for entry in field)  # a lost donor
    assert second.cells[7] == "."
    assert "symbolic" in (tmp_path / "out.vcf.skips.tsv").read_text()
    mmsplice(
        tmp_path / "in.vcf", fasta=tmp_path / "g.fa", annotation=tmp_path / "g.gtf", out=tmp_path / "out.tsv", format="tsv"
    )  # fmt: skip
    rows = [line.split("\t") for line in (tmp_path / "out.tsv").read_text().splitlines()]
    assert rows[0][7:11] == ["exon_start", "exon_end", "transcripts", "delta_logit_psi"]
    assert [float(row[10]) for row in rows[1:]] == pytest.approx([float(e.split("|")[4]) for e in field], abs=5e-5)


def test_the_command_writes_a_bcf_with_an_index(tmp_path, monkeypatch, capsys):
    pysam = pytest.importorskip("pysam")
    genome_of(tmp_path, ZDHHC8["sequence"])
    annotation(tmp_path)
    (tmp_path / "in.vcf").write_text(f"{HEAD}22\t323\t.\t{ZDHHC8['sequence'][322]}\tA\t.\t.\t.\n")
    monkeypatch.chdir(tmp_path)
    command = "deepbio variants mmsplice in.vcf --fasta g.fa --annotation g.gtf -o out.bcf --index"
    monkeypatch.setattr(sys, "argv", command.split())
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    assert "1 of 1 records scored" in capsys.readouterr().err
    with pysam.VariantFile("out.bcf") as file:
        (record,) = file.fetch("22", 300, 330)
        assert record.info["MMSplice"] == ("A|ZDHHC8|201|322|-4.1343",)


def test_an_annotation_without_exons_is_refused(tmp_path):
    genome_of(tmp_path, "ACGT" * 100)
    (tmp_path / "in.vcf").write_text(f"{HEAD}22\t50\t.\tC\tA\t.\t.\t.\n")
    (tmp_path / "genes.tsv").write_text("#NAME\tCHROM\tSTRAND\n")
    with pytest.raises(DataError, match=r"genes\.tsv: there is no line of the feature 'exon'"):
        mmsplice(
            tmp_path / "in.vcf", fasta=tmp_path / "g.fa", annotation=tmp_path / "genes.tsv", out=tmp_path / "o.vcf"
        )
    assert not (tmp_path / "o.vcf").exists()
