"""Files of the field that were misread or refused without a way on, with the right outcome; each row names kind and source."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from deepbio.datasets import Dataset
from deepbio.errors import DataError
from deepbio.genome import GenomeWindows, open_genome, read_annotation, read_bed, read_gtf, read_vcf
from deepbio.genome.names import ChromosomeNames, alias_of
from deepbio.genome.tracks import read_tracks
from deepbio.genome.vcf import VcfFile, parse_record

CASES = Path(__file__).parents[1] / "data" / "cases" / "genomics"
COLUMNS = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("DEEPBIO_CACHE", str(tmp_path / "cache"))


def genes(path):
    return [(gene.name, gene.chromosome, gene.strand, gene.boundaries) for gene in read_annotation(path).genes]


GENES = {
    "one id on X and Y (SpliceWiz#48)": (
        "par_il9r.gtf",
        [("IL9R", "chrX", "+", (500, 600, 900, 1000)), ("IL9R", "chrY", "+", (700, 800, 1100, 1300))],
    ),
    "one name of three genes (GENCODE)": (
        "same_gene_name.gtf",
        [
            ("ENSG1", "chr1", "+", (300, 420)),
            ("ENSG2", "chr1", "+", (1000, 1200)),
            ("ENSG3", "chr1", "-", (1500, 1900)),
        ],
    ),
    "GFF3 of GENCODE": ("exons.gff3", [("A", "chr1", "+", (301, 500, 901, 2100))]),
}


@pytest.mark.parametrize("kind", GENES)
def test_genes_are_those_of_the_file(kind):
    name, expected = GENES[kind]
    assert genes(CASES / name) == expected


def test_exons_on_both_strands_are_told_and_kept_apart(caplog):
    assert genes(CASES / "trans_spliced.gtf") == [
        ("modmdg4", "chr1", "+", (300, 400)),
        ("modmdg4", "chr1", "-", (1000, 1100)),
    ]
    assert "trans_spliced.gtf: 1 transcripts have exons on both strands, the first TS1 (line 2)" in caplog.text


ENSEMBL = """\
##gff-version 3
1\te\tgene\t101\t900\t.\t+\t.\tID=gene:ENSG1;Name=ABC;gene_id=ENSG1
1\te\tmRNA\t101\t900\t.\t+\t.\tID=transcript:ENST1;Parent=gene:ENSG1;tag=basic,Ensembl_canonical;transcript_id=ENST1
1\te\texon\t101\t200\t.\t+\t.\tParent=transcript:ENST1;Name=ENSE1
1\te\texon\t801\t900\t.\t+\t.\tParent=transcript:ENST1;Name=ENSE2
1\te\tmRNA\t101\t900\t.\t+\t.\tID=transcript:ENST2;Parent=gene:ENSG1;transcript_id=ENST2
1\te\texon\t101\t900\t.\t+\t.\tParent=transcript:ENST2;Name=ENSE3
"""
REFSEQ = """\
##gff-version 3
NC_000023.11\tr\tgene\t11\t90\t.\t+\t.\tID=gene-IL9R;Name=IL9R;gene=IL9R
NC_000023.11\tr\tmRNA\t11\t90\t.\t+\t.\tID=rna-NM_1.1;Parent=gene-IL9R;gene=IL9R;tag=MANE Select;transcript_id=NM_1.1
NC_000023.11\tr\texon\t11\t90\t.\t+\t.\tID=exon-NM_1.1-1;Parent=rna-NM_1.1;gene=IL9R;transcript_id=NM_1.1
NC_000024.10\tr\tgene\t31\t70\t.\t+\t.\tID=gene-IL9R-2;Name=IL9R;gene=IL9R
NC_000024.10\tr\tmRNA\t31\t70\t.\t+\t.\tID=rna-NM_1.1-2;Parent=gene-IL9R-2;gene=IL9R;transcript_id=NM_1.1
NC_000024.10\tr\texon\t31\t70\t.\t+\t.\tID=exon-NM_1.1-2-1;Parent=rna-NM_1.1-2;gene=IL9R;transcript_id=NM_1.1
"""
FLYBASE = """\
##gff-version 3
2L\tf\tgene\t5\t90\t.\t-\t.\tID=FBgn1;Name=a%2Cb
2L\tf\tmRNA\t5\t90\t.\t-\t.\tID=FBtr1;Parent=FBgn1
2L\tf\tmRNA\t5\t60\t.\t-\t.\tID=FBtr2;Parent=FBgn1
2L\tf\texon\t5\t60\t.\t-\t.\tParent=FBtr1,FBtr2
2L\tf\texon\t80\t90\t.\t-\t.\tParent=FBtr1
"""
GFF3 = {
    "Ensembl: the canonical tag and the gene stand in other lines": (ENSEMBL, [("ABC", "1", "+", (101, 200, 801, 900))]),
    "RefSeq: one transcript on X and Y": (
        REFSEQ, [("IL9R", "NC_000023.11", "+", (11, 90)), ("IL9R", "NC_000024.10", "+", (31, 70))],
    ),
    "FlyBase: an exon of two transcripts, an escaped comma": (FLYBASE, [("a,b", "2L", "-", (5, 60, 80, 90))]),
}  # fmt: skip


@pytest.mark.parametrize("kind", GFF3)
def test_gff3_of_each_house_has_the_genes_of_its_gtf(kind, tmp_path):
    text, expected = GFF3[kind]
    (tmp_path / "a.gff3").write_text(text)
    assert genes(tmp_path / "a.gff3") == expected


# GENCODE's exons on GRCh37, from the exon table of mmsplice 2.4.0 without its overhangs of 100 bases: 22 genes of the pseudoautosomal
# regions on X and on Y, and the 14 copies of Y_RNA on chromosome 22. The transcript is the one of SpliceAI's table where there is one
# of equal exons (12 genes), else the longest; so the agreement with that table is by choice.
GENCODE = [
    line.split("\t") for line in (CASES.parents[1] / "par_exons.tsv").read_text(encoding="utf-8").splitlines()[1:]
]


def exon_lines(suffix):
    """Return the lines of a GTF for `GENCODE`, in random order, with a suffix for ids on Y."""
    lines = []
    for name, gene, transcript, chromosome, strand, exons in GENCODE:
        end = suffix if chromosome == "chrY" else ""
        attributes = f'gene_id "{gene}{end}"; transcript_id "{transcript}{end}"; gene_name "{name}";'
        for first, last in (exon.split("-") for exon in exons.split(",")):
            lines.append(f"{chromosome}\tHAVANA\texon\t{first}\t{last}\t.\t{strand}\t.\t{attributes}\n")
    return [lines[i] for i in np.random.default_rng(0).permutation(len(lines))]


@pytest.mark.parametrize("suffix", ["", "_PAR_Y"], ids=["one id on X and Y", "ids of GENCODE before release 44"])
def test_genes_of_the_pseudoautosomal_regions_and_copies_of_y_rna_have_their_own_exons(suffix, tmp_path):
    (tmp_path / "gencode.gtf").write_text("".join(exon_lines(suffix)))
    expected = {}
    for name, gene, _, chromosome, strand, exons in GENCODE:
        boundaries = tuple(sorted({int(n) for exon in exons.split(",") for n in exon.split("-")}))
        expected[gene if name == "Y_RNA" else name, chromosome] = (strand, boundaries)
    found = {(name, chromosome): (strand, ends) for name, chromosome, strand, ends in genes(tmp_path / "gencode.gtf")}
    assert found == expected
    assert len(found) == len(GENCODE) == 58
    # IL9R of GRCh37 in GENCODE's own lines
    assert (found["IL9R", "chrX"][1][0], found["IL9R", "chrX"][1][-1]) == (155_227_246, 155_240_273)
    assert (found["IL9R", "chrY"][1][0], found["IL9R", "chrY"][1][-1]) == (59_330_252, 59_343_279)


def test_accessions_of_another_assembly_are_another_chromosome():
    names = ChromosomeNames(["NC_000001.10", "chr2", "MT", "chrUn_KI270302v1"])
    assert [names.find(name) for name in ("1", "NC_000001.11", "CM000663.1", "CM000664.2", "chrM", "KI270302.1")] == [
        ["NC_000001.10"], [], ["NC_000001.10"], ["chr2"], ["MT"], ["chrUn_KI270302v1"],
    ]  # fmt: skip
    # NCBI's assembly reports
    assert {
        alias_of(name).chromosome for name in ("NC_000024.9", "NC_000024.10", "CM000686.2", "NC_060948.1", "CP086569.2")
    } == {"Y"}
    assert alias_of("NC_000086.8") == alias_of("CM001013.3") == ("X", "GRCm39")


def test_the_summit_of_a_peak_is_known_by_the_content():
    """ENCODE's files are named ENCFF*.bed.gz."""
    assert [read_bed(CASES / name).centers.tolist() for name in ("peaks.narrowPeak", "ENCFF000AAA.bed.gz")] == [
        [1037]
    ] * 2
    assert read_bed(CASES / "ENCFF000AAA.bed.gz", summit=False).centers.tolist() == [1200]


BEDS = {
    "a chromosome named browser_scaffold": ("browser_scaffold.bed", "starts", [10, 30]),
    "U+2028 in a name (BED 1.3)": ("u2028_in_name.bed", "strands", ["-"]),
    "an insertion before a base (BED 1.6)": ("zero_length.bed", "centers", [100, 205]),
}


@pytest.mark.parametrize("kind", BEDS)
def test_every_interval_is_read(kind):
    name, column, expected = BEDS[kind]
    assert getattr(read_bed(CASES / name), column).tolist() == expected


ODD = {  # kind: content of a BED, and its starts and strands
    "CR alone ends a line": ("chr1\t1\t5\rchr1\t6\t9\r", [1, 6], [".", "."]),
    "a chromosome named track": ("track\t1\t5\ntrack name=x\n", [1], ["."]),
    "browser lines with tabs": ("browser\tposition chr1:1-9\nchr1\t1\t5\n", [1], ["."]),
    "a track line without more": ("track\nchr1\t1\t5\n", [1], ["."]),
    "BED3+2 of words": ("chr1\t1\t5\tG1\tprotein coding\nchr1\t6\t9\tG2\tlincRNA\n", [1, 6], [".", "."]),
    "BED5+1 of words": ("chr1\t1\t5\tG1\t7\tcoding\n", [1], ["."]),
    "U+0085 and a no-break space in a name": ("chr1\t1\t5\ta\x85b\xa0c\t0\t-\n", [1], ["-"]),
    "spaces between columns": ("chr1  1 5 n 0 +\n", [1], ["+"]),
    "a byte order mark": ("\ufeffchr1\t1\t5\n", [1], ["."]),
    "zero length at position 0": ("chr1\t0\t0\n", [0], ["."]),
    "a comment of one sign": ("#\nchr1\t1\t5\n", [1], ["."]),
}


@pytest.mark.parametrize("kind", ODD)
def test_odd_intervals_are_read_as_they_are_meant(kind, tmp_path):
    content, starts, strands = ODD[kind]
    (tmp_path / "a.bed").write_bytes(content.encode())
    found = read_bed(tmp_path / "a.bed")
    assert (found.starts.tolist(), found.strands.tolist()) == (starts, strands)


WRONG = {
    "an underscore in a number": ("chr1\t1_0\t50\n", "line 1: expected a whole number; found '1_0'"),
    "one score that is a word": ("chr1\t1\t5\ta\t7\nchr1\t6\t9\tb\thigh\n", "line 2: expected a number as score"),
    "a strand of another format": ("chr1\t1\t5\ta\t7\t*\n", "line 1: the strand is .*; found '[*]'"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_an_interval_that_cannot_be_meant_is_named(kind, tmp_path):
    content, message = WRONG[kind]
    (tmp_path / "a.bed").write_text(content)
    with pytest.raises(DataError, match=message):
        read_bed(tmp_path / "a.bed")


def test_ten_columns_that_may_be_bed_are_told(tmp_path, caplog):
    (tmp_path / "a.bed").write_text("chr1\t100\t200\tn\t0\t+\t100\t200\t0\t1\n")
    assert read_bed(tmp_path / "a.bed").centers.tolist() == [150]
    assert "--data summit=true" in caplog.text


def test_no_other_character_ends_a_line_of_a_gtf():
    assert read_gtf(CASES / "nel_in_attribute.gtf").names.tolist() == ["g1", "g2"]


def test_cr_ends_a_line_of_a_genome(tmp_path):
    for name, content in (("a.fa", (CASES / "cr_only.fa").read_bytes()), ("b.fa", b">a x\r\nAC\rGT\n>b\nAC\r")):
        (tmp_path / name).write_bytes(content)
        assert open_genome(tmp_path / name).lengths == {"a": 4, "b": 2}


def test_an_error_names_the_file_that_is_wrong():
    with pytest.raises(DataError, match=r"b_bad\.bed, line 2"):
        Dataset.from_bed(CASES / "g.fa", {"a": CASES / "a_good.bed", "b": CASES / "b_bad.bed"}, length=10)
    with pytest.raises(DataError, match=r"score_dot\.bed, line 3"):
        Dataset.from_bed(
            CASES / "g.fa", CASES / "score_dot.bed", label="score", length=10, valid=["chr2"], test=["chrX"]
        )


def test_a_missing_value_is_no_class():
    """`.` is the missing value (VCF 4.3, 1.6)."""
    data = Dataset.from_vcf(CASES / "g.fa", CASES / "label_dot.vcf", label="CLNSIG", length=20, valid=["2"], test=["X"])
    assert data.labels == ("Benign", "Pathogenic")
    assert [len(split) for _, split in data.splits()] == [15, 15, 15]


def test_names_of_another_convention_train_on_the_same_windows(tmp_path):
    (tmp_path / "a.bed").write_text((CASES / "windows.bed").read_text().replace("chr", ""))
    genome = open_genome(CASES / "g.fa")
    one, other = (
        GenomeWindows(genome, read_bed(path), length=20) for path in (CASES / "windows.bed", tmp_path / "a.bed")
    )
    assert one.fingerprint() == other.fingerprint()
    assert other.chromosomes[0] == "chr1"


def test_telomeres_and_header_keys_of_a_vcf():
    found = read_vcf(CASES / "pos_0.vcf")
    assert (found.names(), found.skipped) == (["chr1:500:A>C"], 1)  # VCF 1.6.1 POS
    assert read_vcf(CASES / "info_key_order.vcf", info=["CLNSIG"]).info["CLNSIG"].tolist() == ["P"]  # VCF 1.4.2


ALTERNATES = {  # VCF 4.3, 1.6.1 ALT and 5.4; VCF 4.5
    "A,<DEL>,*": True, "<DUP:TANDEM>": True, "<*>": True, "<NON_REF>": True, "G]17:198982]": True, "]13:123456]T": True,
    "C[<ctg1>:7[": True, ".A": True, "A.": True, "C<ctg1>": True, "acgtn": True, "R": True,
    "A1": False, "A<DEL": False, "A*": False, "A]17]": False, "<DEL><DUP>": False, "LEU": False, "A B": False, "?": False,
}  # fmt: skip


@pytest.mark.parametrize("alternate", ALTERNATES)
def test_letters_of_alt_are_those_of_the_specification(alternate):
    line = f"1\t5\t.\tA\t{alternate}\t.\t.\t."
    if ALTERNATES[alternate]:
        assert parse_record(line).alternates
    else:
        with pytest.raises(DataError, match="as ALT"):
            parse_record(line, where="a.vcf, line 1")


def test_a_field_that_the_header_does_not_declare_is_named(tmp_path):
    (tmp_path / "a.vcf").write_text(f"##fileformat=VCFv4.3\n{COLUMNS}chr1\t5\t.\tA\tC\t.\t.\tSIG=x\n")
    with pytest.raises(DataError, match="line 3: the header does not declare the INFO field 'SIG'"):
        read_vcf(tmp_path / "a.vcf", info=["SIG"])
    (tmp_path / "b.vcf").write_bytes((tmp_path / "a.vcf").read_bytes().replace(b"\n", b"\r"))
    with pytest.raises(DataError, match="CR alone"):
        VcfFile(tmp_path / "b.vcf")


def test_an_ambiguous_ref_is_its_first_base_in_the_alphabet(tmp_path):
    (tmp_path / "a.vcf").write_text(f"##fileformat=VCFv4.3\n{COLUMNS}chr1\t5\t.\tRY\tC\t.\t.\t.\n")
    assert read_vcf(tmp_path / "a.vcf").references.tolist() == ["AC"]  # VCF 1.6.1 REF


def test_a_chromosome_that_a_track_does_not_name_is_0():
    pytest.importorskip("pybigtools")
    windows = GenomeWindows(open_genome(CASES / "g.fa"), read_bed(CASES / "chrX.bed"), length=10)
    found = read_tracks([CASES / "no_chrX.bw"], windows)
    assert (found[1] == 0).all()


def test_a_track_below_0_is_named_with_its_window():
    pytest.importorskip("pybigtools")
    with pytest.raises(DataError, match=r"negative\.bw: expected counts, .* chr1:100-109 .*windows\.bed, line 1\)"):
        Dataset.from_bigwig(CASES / "g.fa", CASES / "windows.bed", CASES / "negative.bw", length=20)


def test_a_packed_bed_needs_no_name(tmp_path):
    (tmp_path / "a.bed").write_bytes(gzip.compress(b"chr1\t1\t5\n"))
    assert len(read_bed(tmp_path / "a.bed")) == 1
