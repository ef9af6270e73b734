"""Inputs that are not what they should be: a clear error or the right answer, the input untouched, nothing under the final name."""

import gzip

import pytest

from deepbio.errors import DataError, DeepbioError
from deepbio.variants import splice

HEAD = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
TABLE = "#NAME\tCHROM\tSTRAND\tTX_START\tTX_END\tEXON_START\tEXON_END\n"
CSV = "gene_id,chr,strand,start,end,jn_start,jn_end\n"
ROW = "G\t2\t+\t99\t5000\t99,\t5000,\n"
GTF = '2\tx\texon\t100\t5000\t.\t+\t.\tgene_id "G"; transcript_id "T";\n'
GOOD = "2\t2000\t.\t{ref}\t{alt}\t.\t.\t.\n"


def filled(ref):
    return (HEAD + GOOD).format(ref=ref, alt="N")


def bgzf(text, *, keep):
    """Return bgzip content, cut to `keep` of its bytes (negative: without that many at the end)."""
    import tempfile
    from pathlib import Path

    pysam = pytest.importorskip("pysam")
    path = Path(tempfile.mkdtemp()) / "x.vcf.gz"
    with pysam.BGZFile(str(path), "wb") as file:
        file.write(text.encode())
    return path.read_bytes()[:keep]


# Each: what is wrong, the file, its content, and what the error says (None: it is read, and the record comes out).
CASES = [
    ("an empty VCF", "vcf", "", "line 1: expected the header line of a VCF"),
    ("no header", "vcf", GOOD, "line 1: expected the header line of a VCF"),
    ("no line of columns", "vcf", "##fileformat=VCFv4.2\n" + GOOD, "line 2: expected the header line of a VCF"),
    ("no file format", "vcf", HEAD.split("\n", 1)[1] + GOOD, "line 1: expected ##fileformat=VCF"),
    ("columns named otherwise", "vcf", HEAD.replace("POS", "START") + GOOD, "line 2: expected the header line of a VCF"),
    ("columns split by spaces", "vcf", HEAD + GOOD.replace("\t", " "), "split by tabs"),
    ("a line cut short", "vcf", HEAD + GOOD + "2\t2100\t.", "line 4: expected 8 columns, as in the header, split by tabs; found 3"),
    ("a column too many", "vcf", HEAD + GOOD.replace("\n", "\tx\n"), "line 3: expected 8 columns, as in the header, .* found 9"),
    ("POS that is a word", "vcf", HEAD + GOOD.replace("2000", "two"), "line 3: expected a whole number as POS"),
    ("a negative POS", "vcf", HEAD + GOOD.replace("2000", "-5"), "line 3: expected a whole number as POS"),
    ("POS with a comma", "vcf", HEAD + GOOD.replace("2000", "2,000"), "line 3: expected a whole number as POS"),
    ("an empty CHROM", "vcf", HEAD + GOOD.replace("2\t", "\t", 1), "CHROM is empty"),
    ("an empty REF", "vcf", HEAD + GOOD.replace("{ref}", ""), "line 3: expected bases A C G T N as REF"),
    ("REF that is a dot", "vcf", HEAD + GOOD.replace("{ref}", "."), "line 3: expected bases A C G T N as REF"),
    ("REF with a digit", "vcf", HEAD + GOOD.replace("{ref}", "A1"), "line 3: expected bases A C G T N as REF"),
    ("an empty ALT", "vcf", HEAD + GOOD.replace("{alt}", ""), "empty allele"),
    ("ALT with two commas", "vcf", HEAD + GOOD.replace("{alt}", "A,,C"), "empty allele"),
    ("ALT with a digit", "vcf", HEAD + GOOD.replace("{alt}", "A1"), "line 3: expected bases A C G T N, .* as ALT"),
    ("ALT that is a protein", "vcf", HEAD + GOOD.replace("{alt}", "LEU"), "line 3: expected bases A C G T N, .* as ALT"),
    ("a FASTA in the place of the VCF", "vcf", ">1\nACGT\n", "line 1: expected the header line of a VCF"),
    ("bytes that are no text", "vcf", HEAD.encode() + b"\xff\xfe\x00\x81\n", "line 3: .* 0xff is not UTF-8"),
    ("gzip cut short", "vcf", gzip.compress((HEAD + GOOD * 500).encode())[:-40], "gzip"),
    ("gzip with damage", "vcf", gzip.compress((HEAD + GOOD).encode())[:20] + b"xxxxxxxxxxxxxxxxxxxx", "gzip"),
    ("bgzip without its end", "vcf", lambda ref: bgzf(filled(ref), keep=-28), "ends too early"),
    ("a BCF cut short", "vcf", lambda ref: gzip.compress(b"BCF\2\2\xff\0\0\0"), "BCF"),
    ("a folder", "vcf", None, "a folder"),
    ("Windows line ends", "vcf", (HEAD + GOOD).replace("\n", "\r\n"), None),
    ("a byte order mark", "vcf", lambda ref: b"\xef\xbb\xbf" + filled(ref).encode(), None),
    ("no end of the last line", "vcf", (HEAD + GOOD).rstrip("\n"), None),
    ("empty lines", "vcf", HEAD + "\n" + GOOD + "\n\n", None),
    ("gzip without its name", "vcf", lambda ref: gzip.compress(filled(ref).encode()), None),
    ("no records", "vcf", HEAD, None),
    ("an unsorted VCF", "vcf", HEAD + "2\t5999\t.\tNN\t<DEL>\t.\t.\t.\n" + GOOD, None),
    ("a FASTA without a name", "fasta", ">\nACGT\n", "expected a name"),
    ("a FASTA that is empty", "fasta", "", "empty"),
    ("a FASTA without a header", "fasta", "ACGT\n", "header"),
    ("a FASTA of proteins", "fasta", ">2\nMEEPQSDPSVEP\n", "protein"),
    ("a FASTA with one name twice", "fasta", ">2\nACGT\n>2\nACGT\n", "occurs twice"),
    ("a FASTA record without bases", "fasta", ">2\n>3\nACGT\n", "no sequence"),
    ("a FASTA of another genome", "fasta", ">2\n" + "N" * 6000 + "\n", "another genome build"),
    ("a FASTA gzip cut short", "fasta", gzip.compress(b">2\n" + bytes(range(65, 68)) * 9000)[:-30], "gzip"),
    ("an unknown build", "genes", "grch39", "Did you mean"),
    ("a table without a gene", "genes", TABLE, "no gene"),
    ("a table with other columns", "genes", "gene\tstart\tend\nG\t1\t5\n", "expected the columns"),
    ("a table with a cell too few", "genes", TABLE + ROW.replace("\t+", ""), "line 2: expected 7 columns"),
    ("an unknown strand", "genes", TABLE + ROW.replace("+", "?"), "strand"),
    ("a start that is a word", "genes", TABLE + ROW.replace("99\t", "x\t", 1), "whole number"),
    ("a reversed transcript", "genes", TABLE + ROW.replace("\t99\t", "\t9000\t"), "reversed"),
    ("exon starts and ends that do not pair", "genes", TABLE + ROW.replace("99,\t", "99,700,\t"), "exon starts"),
    ("no exons", "genes", TABLE + "G\t2\t+\t99\t5000\t\t\n", "empty"),
    ("junctions that are words", "genes", CSV + "G,2,+,100,5000,x,300\n", "whole number"),
    ("a GTF without exons", "genes", GTF.replace("exon", "gene"), "exon"),
    ("a GTF exon without a transcript", "genes", GTF.replace("transcript_id", "other"), "transcript_id"),
    ("a GTF with a word as position", "genes", GTF.replace("5000", "end"), "whole number"),
    ("a table of bytes that are no text", "genes", TABLE.encode() + b"\xff\xfe", "UTF-8"),
    ("a GTF", "genes", GTF, None),
    ("a table of junctions", "genes", CSV + 'G,chr2,-,100,5000,"300,900","700,1500"\n', None),
    ("a gene without junctions", "genes", CSV + "G,chr2,-,100,5000,,\n", None),
]  # fmt: skip


def test_the_table_has_forty_cases_and_more():
    assert len(CASES) >= 40
    assert len({case[0] for case in CASES}) == len(CASES)


@pytest.mark.parametrize(("what", "file", "content", "message"), CASES, ids=[case[0] for case in CASES])
def test_a_bad_input_is_named_or_read_rightly(what, file, content, message, tiny_genome, tiny_model, tmp_path):
    ref = tiny_genome["2"][1999]
    paths = {"vcf": tmp_path / "in.vcf", "fasta": tiny_genome["fasta"], "genes": tiny_genome["genes"]}
    paths["vcf"].write_text((HEAD + GOOD).format(ref=ref, alt="N"), encoding="utf-8")
    if callable(content):
        content = content(ref)
    if content == "grch39":
        paths[file] = content
    elif content is None:
        paths[file] = tmp_path
    else:
        paths[file] = tmp_path / f"bad.{file}"
        paths[file].write_bytes(content if isinstance(content, bytes) else content.format(ref=ref, alt="N").encode())
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    out = tmp_path / "out.vcf"

    def run():
        return splice(
            paths["vcf"], fasta=paths["fasta"], annotation=paths["genes"], weights=tiny_model, out=out, distance=5
        )

    if message is None:
        assert run().scored == (0 if what == "no records" else 1)
        assert out.exists()
        out.unlink()
    else:
        with pytest.raises(DeepbioError, match=message) as raised:
            run()
        assert isinstance(raised.value, DataError)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
