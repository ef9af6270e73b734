"""Annotation tables of three kinds."""

import pytest

from deepbio.errors import DataError, OptionalDependencyError
from deepbio.genome import read_annotation

SPLICEAI = "#NAME\tCHROM\tSTRAND\tTX_START\tTX_END\tEXON_START\tEXON_END\nG\tchr7\t-\t99\t500\t99,299,\t200,500,\n"
JUNCTIONS = 'gene_id,chr,strand,start,end,jn_start,jn_end\nG,chr7,-,100,500,"200","300"\n'
EXON = '7\tx\texon\t{}\t{}\t.\t-\t.\tgene_id "E1"; gene_name "G"; transcript_id "{}";{}\n'
GTF = (
    EXON.format(100, 200, "T1", ' tag "Ensembl_canonical";')
    + EXON.format(300, 500, "T1", "")
    + EXON.format(50, 900, "T2", "")
)


@pytest.mark.parametrize("text", [SPLICEAI, JUNCTIONS, GTF, GTF.replace("7\tx", "chr7\tx")])
def test_tables_of_three_kinds_say_the_same(text, tmp_path):
    (tmp_path / "genes").write_text(text, encoding="utf-8")
    (gene,) = read_annotation(tmp_path / "genes").at("7", 100)
    assert (gene.name, gene.strand, gene.start, gene.end) == ("G", "-", 100, 500)
    assert gene.boundaries == (100, 200, 300, 500)


def test_both_ends_of_a_transcript_belong_to_it(tmp_path):
    (tmp_path / "genes").write_text(SPLICEAI, encoding="utf-8")
    table = read_annotation(tmp_path / "genes")
    assert [len(table.at("chr7", pos)) for pos in (99, 100, 500, 501)] == [0, 1, 1, 0]
    assert not table.at("8", 200)


def test_all_isoforms_of_a_gtf_are_entries_of_their_own(tmp_path):
    (tmp_path / "genes").write_text(GTF, encoding="utf-8")
    assert [gene.name for gene in read_annotation(tmp_path / "genes", all_isoforms=True).at("7", 150)] == [
        "G:T1",
        "G:T2",
    ]
    (tmp_path / "genes").write_text(SPLICEAI, encoding="utf-8")
    with pytest.raises(DataError, match="GTF"):
        read_annotation(tmp_path / "genes", all_isoforms=True)


def test_without_a_canonical_tag_the_longest_transcript_represents_its_gene(tmp_path):
    (tmp_path / "genes").write_text(GTF.replace(' tag "Ensembl_canonical";', ""), encoding="utf-8")
    assert read_annotation(tmp_path / "genes").genes[0].end == 900


@pytest.mark.parametrize(("build", "pos"), [("grch37", 20_126_838), ("grch38", 20_139_315)])
def test_the_shipped_tables_know_the_donor_of_zdhhc8s_exon_2(build, pos):
    (gene,) = (g for g in read_annotation(build).at("chr22", pos) if g.name == "ENSG00000099904")
    assert pos in gene.boundaries
    assert gene.boundary(pos + 1) == -1


def test_the_table_of_the_illumina_weights_needs_their_package(monkeypatch):
    import importlib.metadata

    def missing(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "distribution", missing)
    with pytest.raises(OptionalDependencyError, match="pip install --no-deps spliceai==1.3.1"):
        read_annotation("grch38", weights="illumina")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("G1\t1\t+\t300\t2100\t300,900,\t500,2200,", "an exon of G1 lies outside of its transcript, 301 to 2100"),
        ("G1\t1\t+\t300\t2100\t200,900,\t500,2100,", "an exon of G1 lies outside of its transcript"),
        ("G1\t1\t+\t300\t2100\t600,900,\t500,2100,", "an exon of G1 is reversed"),
        ("\t1\t+\t300\t2100\t300,900,\t500,2100,", "the name of the gene is empty"),
        ("G1\t\t+\t300\t2100\t300,900,\t500,2100,", "the chromosome of the gene is empty"),
    ],
)
def test_a_gene_that_contradicts_itself_is_refused_with_its_line(tmp_path, row, message):
    header = "#NAME\tCHROM\tSTRAND\tTX_START\tTX_END\tEXON_START\tEXON_END"
    (tmp_path / "genes").write_text(f"{header}\n{row}\n", encoding="utf-8")
    with pytest.raises(DataError, match=f"genes, line 2: {message}"):
        read_annotation(tmp_path / "genes")
