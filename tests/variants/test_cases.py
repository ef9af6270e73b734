"""Files of the field on which scoring was wrong or unhelpful, with the right outcome; each row names the kind and its source."""

import itertools
import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from deepbio import variants
from deepbio.errors import DataError, ModelError
from deepbio.genome import open_genome, read_annotation
from deepbio.sequence import decode
from deepbio.zoo import get_model

CASES = Path(__file__).parents[1] / "data" / "cases" / "genomics"
HEAD = "##fileformat=VCFv4.3\n"
COLUMNS = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("DEEPBIO_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def splice(tiny_model, tmp_path, monkeypatch):
    """Call `splice` without its network, which is compiled for seconds: entries have dots for scores."""
    monkeypatch.setattr(variants.SpliceScorer, "outputs", lambda self, prepared: [])
    monkeypatch.setattr(variants.SpliceScorer, "finish", lambda self, prepared, outputs: prepared.scored)

    def run(vcf, *, fasta=CASES / "g.fa", annotation=CASES / "genes.tsv", out="OUT.vcf", **options):
        return variants.splice(
            vcf if Path(vcf).is_absolute() else CASES / vcf, fasta=fasta, annotation=annotation, out=tmp_path / out,
            weights=tiny_model, distance=5, **options,
        )  # fmt: skip

    return run


def lines_of(path):
    return [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]


def read_by_network(scorer, records):
    """Return what the network would read for records: equal inputs have equal scores."""
    prepared = scorer.prepare(records)
    assert all(found.effects for found in prepared.scored)
    pairs = zip(prepared.windows, prepared.inputs, strict=True)
    return tuple(
        (window.gene.name, codes.tobytes(), alternates.codes.tobytes()) for window, (codes, alternates) in pairs
    )


BCF = {
    "a symbol and a field of one value per allele (hts-specs, passed_symbolic_duplicates.vcf)": "bcf_ins.vcf",
    "SVLEN without END": "bcf_del_svlen.vcf",
    "the unspecified allele": "bcf_star.vcf",
    "END that the header does not declare (VCF 4.3, 1.4)": "bcf_gvcf_undeclared_end.vcf",
}


@pytest.mark.parametrize("kind", BCF)
def test_a_bcf_gives_back_the_record_of_the_vcf(kind, splice, tmp_path):
    pysam = pytest.importorskip("pysam")
    splice(BCF[kind], out="OUT.bcf")
    with pysam.VariantFile(str(tmp_path / "OUT.bcf")) as file:
        (found,) = [str(record).rstrip("\n").split("\t") for record in file]
    assert [found] == lines_of(CASES / BCF[kind])
    assert {path.name for path in tmp_path.iterdir()} == {"OUT.bcf", "cache"}


def test_a_record_that_bcf_cannot_hold_is_refused_before_anything_is_computed(splice, tmp_path):
    pytest.importorskip("pysam")
    declared = '##contig=<ID=chr1>\n##INFO=<ID=DP,Number=1,Type=Integer,Description="x">\n'
    (tmp_path / "in.vcf").write_text(f"{HEAD}{declared}{COLUMNS}chr1\t400\t.\tC\tA\t.\t.\tDP=5.5\n")
    with pytest.raises(
        DataError, match=r"Cannot write \S+_0/OUT.bcf: record 1 \(chr1:400\) would come back with 'DP=5' for 'DP=5.5'"
    ):
        splice(tmp_path / "in.vcf", out="OUT.bcf")
    assert {path.name for path in tmp_path.iterdir()} == {"in.vcf", "cache"}


# kind (source): VCF, annotation, records scored, and skipped by reason
SCORED = {
    "one id on X and Y (SpliceWiz#48)": ("par_il9r.vcf", "par_il9r.gtf", 2, {"no gene": 1}),
    "one name of three genes (GENCODE's Y_RNA)": ("same_gene_name.vcf", "same_gene_name.gtf", 3, {}),
    "REF N of a symbol (VCF 1.6.1 REF)": ("sv_ref_n.vcf", "genes.tsv", 20, {"symbolic": 1}),
    "RefSeq's names (NCBI's assembly report)": ("refseq_names.vcf", "genes.tsv", 20, {}),
    "one mismatch of 21": ("one_mismatch_of_21.vcf", "genes.tsv", 20, {"REF does not match the FASTA": 1}),
    "the unspecified allele (VCF 5.5)": ("alt_unspecified.vcf", "genes.tsv", 20, {"symbolic": 1}),
    "GFF3 of GENCODE": ("plain.vcf", "exons.gff3", 20, {}),
}


@pytest.mark.parametrize("kind", SCORED)
def test_all_that_can_be_scored_is(kind, splice):
    vcf, annotation, scored, skipped = SCORED[kind]
    summary = splice(vcf, annotation=CASES / annotation)
    assert (summary.scored, summary.skipped) == (scored, skipped)


def test_an_ambiguous_base_of_the_fasta_is_its_first_in_the_alphabet(splice):
    assert splice("iupac.vcf", fasta=CASES / "iupac.fa", annotation=CASES / "iupac.tsv").scored == 1  # VCF 1.6.1 REF
    assert open_genome(CASES / "iupac.fa").differs("chr1", 500, "C")


def test_of_two_names_of_one_chromosome_the_one_that_was_checked_is_scored(splice, tiny_model, tmp_path):
    records = list(variants.VcfFile(CASES / "both_names.vcf").records())
    annotation = read_annotation(CASES / "genes.tsv")
    scorers = (
        variants.SpliceScorer(tiny_model, open_genome(CASES / f), annotation, distance=5)
        for f in ("both_names.fa", "g.fa")
    )
    one, other = (read_by_network(scorer, records) for scorer in scorers)
    assert one == other
    (tmp_path / "other.vcf").write_text(f"{HEAD}{COLUMNS}NC_000001.11\t450\t.\tG\tT\t.\t.\t.\n")
    with pytest.raises(DataError, match="may be chr1 and 1 of|may be 1 and chr1 of"):
        splice(tmp_path / "other.vcf", fasta=CASES / "both_names.fa")


REFUSED = {
    "a digit in ALT (VCF 1.6.1 ALT)": ("alt_digit.vcf", {}, "alt_digit.vcf, line 23: .* as ALT; found 'A1'"),
    "Latin-1 in a header (VCF 1.2)": ("latin1_header.vcf", {}, "latin1_header.vcf, line 2: .*UTF-8"),
    "a quote that is not closed": ("plain.vcf", {"annotation": CASES / "open_quote.tsv"}, "open_quote.tsv, line 2: .*quotes"),
    "no chromosome in common": ("par_il9r.vcf", {}, r"None of the chromosomes of .*par_il9r.vcf \(chrX, chrY\) is in .*genes.tsv"),
    "no mismatch is allowed": ("one_mismatch_of_21.vcf", {"max_mismatches": 0}, "1 of 21 records .* first at .*line 23 .*FASTA T"),
}  # fmt: skip


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_wrong_is_named_by_file_and_line(kind, splice, tmp_path):
    vcf, options, message = REFUSED[kind]
    with pytest.raises(DataError, match=message):
        splice(vcf, **options)
    assert {path.name for path in tmp_path.iterdir()} <= {"cache"}


def test_a_few_mismatches_are_told_with_the_first(splice, caplog):
    summary = splice("one_mismatch_of_21.vcf")
    assert "1 of 21 records" in caplog.text
    assert "line 23 (chr1:700 has REF A, the FASTA T)" in caplog.text
    assert summary.first_mismatch is not None
    assert summary.first_mismatch[0] == 20


@pytest.mark.parametrize("allowed", [3, 0.2])
def test_a_number_and_a_fraction_of_mismatches_may_be_allowed(allowed, splice, tmp_path):
    text = (CASES / "plain.vcf").read_text()
    for old, new in (
        ("\t400\t.\tC\tA", "\t400\t.\tG\tA"),
        ("\t410\t.\tC\tA", "\t410\t.\tG\tA"),
        ("\t420\t.\tG\tT", "\t420\t.\tC\tT"),
    ):
        text = text.replace(old, new)
    (tmp_path / "in.vcf").write_text(text)
    with pytest.raises(DataError, match="3 of 20 records .*--max-mismatches"):
        splice(tmp_path / "in.vcf")
    assert splice(tmp_path / "in.vcf", max_mismatches=allowed).scored == 17


NAMES = {
    "UCSC": ("chr1", "chrM"), "Ensembl": ("1", "MT"), "RefSeq": ("NC_000001.11", "NC_012920.1"),
    "GenBank": ("CM000663.2", "J01415.2"), "TAIR's case": ("Chr1", "ChrM"),
}  # fmt: skip


@pytest.mark.parametrize("runs", [25, pytest.param(125, marks=pytest.mark.slow)])
def test_runs_over_five_conventions_of_names_write_the_same_scores(runs, tiny_model, tmp_path, monkeypatch):
    """FASTA, VCF and annotation of each convention: every pair of two, or all combinations; the network is compiled once."""
    draw = np.random.default_rng(5)
    bases = [decode(draw.integers(0, 4, n).astype(np.uint8)) for n in (1200, 700)]
    rows = [(k, p, bases[k][p - 1]) for k, p in ((0, 520), (0, 560), (1, 350))]
    exon = '{}\tx\texon\t100\t{}\t.\t+\t.\tgene_id "G{}"; transcript_id "T{}";\n'
    for style, names in NAMES.items():
        (tmp_path / f"{style}.fa").write_text("".join(f">{n}\n{s}\n" for n, s in zip(names, bases, strict=True)))
        exons = (exon.format(names[k], end, i, i) for i, (k, end) in enumerate(((0, 600), (1, 600), (0, 1100))))
        (tmp_path / f"{style}.gtf").write_text("".join(exons))
        records = (f"{names[k]}\t{p}\t.\t{r}\t{'CGTA'['ACGT'.index(r)]}\t.\t.\t.\n" for k, p, r in rows)
        (tmp_path / f"{style}.vcf").write_text(f"{HEAD}{COLUMNS}{''.join(records)}")
    first = variants.SpliceScorer(
        tiny_model, open_genome(tmp_path / "UCSC.fa"), read_annotation(tmp_path / "UCSC.gtf"), distance=5
    )
    monkeypatch.setattr("deepbio.incremental.model.IncrementalModel", lambda *_, **__: first.incremental)
    found = {}
    order = list(NAMES)
    square = [(a, b, order[(i + j) % 5]) for i, a in enumerate(order) for j, b in enumerate(order)]
    for styles in square if runs == 25 else itertools.product(NAMES, repeat=3):
        fasta, vcf, genes = (
            tmp_path / f"{style}.{kind}" for style, kind in zip(styles, ("fa", "vcf", "gtf"), strict=True)
        )
        out = tmp_path / "out.vcf"
        variants.splice(vcf, fasta=fasta, annotation=genes, out=out, weights=tiny_model, distance=5)
        found[styles] = tuple(cells[7] for cells in lines_of(out))
    assert len(found) == runs
    (scores,) = set(found.values())
    assert [field.count("|G") for field in scores] == [2, 2, 1]
    assert any(number not in ("0.00", "-0.00") for number in scores[0].split("|")[2:6])


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_read_like_the_file(tmp_path):
    """A VCF from `zcat x.vcf.gz |` or `<(...)` can be read once only."""
    model = get_model("dna_cnn", input_shape=41, outputs=1, seed=0)
    variants.score(model, CASES / "plain.vcf", fasta=CASES / "g.fa", out=tmp_path / "file.tsv")
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=lambda: (tmp_path / "pipe").write_bytes((CASES / "plain.vcf").read_bytes()))
    writer.start()
    variants.score(model, tmp_path / "pipe", fasta=CASES / "g.fa", out=tmp_path / "pipe.tsv")
    writer.join()
    assert (tmp_path / "file.tsv").read_bytes() == (tmp_path / "pipe.tsv").read_bytes()


@pytest.mark.slow
def test_the_standard_input_is_read_like_the_file(tmp_path):
    command = [
        sys.executable,
        "-m",
        "deepbio",
        "variants",
        "score",
        "-",
        "--model",
        "dna_cnn.uci_splice",
        "--fasta",
        CASES / "g.fa",
    ]
    environment = {**os.environ, "DEEPBIO_CACHE": str(tmp_path / "cache"), "TF_CPP_MIN_LOG_LEVEL": "3"}
    content = (CASES / "plain.vcf").read_bytes()
    subprocess.run(
        [*command, "-o", tmp_path / "a.tsv"], input=content, env=environment, check=True, capture_output=True
    )
    variants.score("dna_cnn.uci_splice", CASES / "plain.vcf", fasta=CASES / "g.fa", out=tmp_path / "b.tsv")
    assert (tmp_path / "a.tsv").read_bytes() == (tmp_path / "b.tsv").read_bytes()


def test_a_symbol_with_ref_n_stops_no_scores_of_any_model(tmp_path):
    model = get_model("dna_cnn", input_shape=41, outputs=1, seed=0)
    summary = variants.score(model, CASES / "sv_ref_n.vcf", fasta=CASES / "g.fa", out=tmp_path / "out.tsv")
    assert (summary.scored, summary.skipped) == (20, {"symbolic": 1})


def test_several_models_are_averaged_and_others_refused(tmp_path):
    models = [get_model("dna_cnn", input_shape=41, outputs=1, seed=seed) for seed in (0, 1)]
    for name, model in (("a", models[0]), ("b", models[1]), ("both", models)):
        variants.score(
            model, CASES / "plain.vcf", fasta=CASES / "g.fa", out=tmp_path / f"{name}.tsv", strands="forward"
        )
    values = {name: np.loadtxt(tmp_path / f"{name}.tsv", skiprows=1, usecols=7) for name in ("a", "b", "both")}
    np.testing.assert_allclose(values["both"], (values["a"] + values["b"]) / 2, atol=2e-6)
    with pytest.raises(ModelError, match="the list is empty"):
        variants.score([], CASES / "plain.vcf", fasta=CASES / "g.fa", out=tmp_path / "x.tsv")
    other = get_model("dna_cnn", input_shape=51, outputs=1, seed=0)
    with pytest.raises(ModelError, match="equal inputs and outputs"):
        variants.score([models[0], other], CASES / "plain.vcf", fasta=CASES / "g.fa", out=tmp_path / "x.tsv")
