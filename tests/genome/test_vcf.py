"""Variants are those that pysam reads; windows carry the allele asked for; a wrong record is named by its line."""

import gzip
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepbio.datasets import Dataset, rebuild
from deepbio.errors import DataError
from deepbio.genome import Variants, VariantWindows, open_genome, read_vcf
from deepbio.sequence import decode

HEAD = (
    "##fileformat=VCFv4.3\n##contig=<ID=chr1,length=60>\n##contig=<ID=chr2,length=60>\n"
    '##FILTER=<ID=q10,Description="x">\n##INFO=<ID=AF,Number=A,Type=Float,Description="x">\n'
    '##INFO=<ID=AD,Number=R,Type=Integer,Description="x">\n##INFO=<ID=SIG,Number=.,Type=String,Description="x">\n'
    '##INFO=<ID=DB,Number=0,Type=Flag,Description="x">\n'
    # htslib adds it to a record with <DEL>
    '##INFO=<ID=END,Number=1,Type=Integer,Description="x">\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n'
)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("DEEPBIO_CACHE", str(tmp_path / "cache"))


def write(path, rows, head=HEAD):
    path.write_text(head + "".join("\t".join(map(str, row)) + "\n" for row in rows))
    return path


def test_each_alternate_allele_is_a_variant_with_its_own_values(tmp_path):
    rows = [
        ("chr2", 10, "rs1", "A", "C,<DEL>,g", "50.5", "PASS", "AF=0.1,0.2,0.3;AD=7,8,9,10;SIG=x,y;DB"),
        ("chr1", 5, ".", "AC", "T", ".", "q10", "."),
        ("chr1", 7, ".", "A", ".", ".", ".", "."),
        ("chr1", 8, ".", "A", "*", ".", ".", "."),
    ]
    found = read_vcf(write(tmp_path / "a.vcf", rows), info=["AF", "AD", "SIG", "DB"])
    assert found.names() == ["chr2:10:A>C", "chr2:10:A>G", "chr1:5:AC>T"]
    assert found.positions.tolist() == [9, 9, 4]
    assert {name: values.tolist() for name, values in found.info.items()} == {
        "AF": ["0.1", "0.3", ""], "AD": ["8", "10", ""], "SIG": ["x,y", "x,y", ""], "DB": ["1", "1", ""],
    }  # fmt: skip
    assert found.passed.tolist() == [True, True, False]
    assert found.skipped == 3
    assert found.qualities[0] == 50.5
    assert math.isnan(found.qualities[2])


RECORD = st.tuples(
    st.sampled_from(["chr1", "chr2"]), st.integers(1, 60), st.sampled_from([".", "rs7"]), st.text("ACGTN", min_size=1, max_size=4),
    st.lists(st.text("ACGT", min_size=1, max_size=4) | st.sampled_from(["<DEL>", "*"]), min_size=1, max_size=3, unique=True),
    st.sampled_from([".", "10", "3.5"]), st.sampled_from([".", "PASS", "q10"]),
)  # fmt: skip


@settings(max_examples=60)
@given(st.lists(RECORD, min_size=1, max_size=6), st.sampled_from(["vcf", "vcf.gz", "bcf"]))
def test_records_agree_with_pysam(tmp_path_factory, records, form):
    pysam = pytest.importorskip("pysam", reason="needs the extra 'genomics'")
    folder = tmp_path_factory.mktemp("vcf")
    rows = [(c, p, i, r, ",".join(a), q, f, f"AF={','.join(['0.25'] * len(a))}") for c, p, i, r, a, q, f in records]
    plain = path = write(folder / "a.vcf", rows)
    if form == "vcf.gz":
        path = folder / "a.vcf.gz"
        pysam.tabix_compress(str(plain), str(path))
    elif form == "bcf":
        path = folder / "a.bcf"
        with pysam.VariantFile(str(plain)) as source, pysam.VariantFile(str(path), "wb", header=source.header) as out:
            for record in source:
                out.write(record)
    expected = []
    with pysam.VariantFile(str(plain)) as source:
        for record in source:
            for allele in record.alts or ():
                if set(allele) <= set("ACGTN"):
                    passed = list(record.filter) in ([], ["PASS"])
                    expected.append(
                        (record.chrom, record.pos - 1, record.ref, allele, record.id or ".", record.qual, passed)
                    )
    if not expected:
        with pytest.raises(DataError, match="no variant with bases"):
            read_vcf(path)
        return
    found = read_vcf(path, info=["AF"])
    columns = (found.chromosomes, found.positions.tolist(), found.references, found.alternates, found.ids)
    assert list(zip(*columns, strict=True)) == [row[:5] for row in expected]
    assert found.passed.tolist() == [row[6] for row in expected]
    assert [None if math.isnan(q) else q for q in found.qualities] == [row[5] for row in expected]
    assert set(found.info["AF"].tolist()) == {"0.25"}


@given(
    st.text("ACGT", min_size=1, max_size=30), st.integers(0, 29), st.integers(1, 5), st.text("ACGT", min_size=1, max_size=6),
    st.integers(1, 24),
)  # fmt: skip
def test_windows_are_plain_slices_of_the_changed_chromosome(tmp_path_factory, bases, position, size, alternate, length):
    folder = tmp_path_factory.mktemp("genome")
    position %= len(bases)
    reference = bases[position : position + size]
    (folder / "g.fa").write_text(f">chr1\n{bases}\n")
    where = np.array([position])
    variants = Variants(
        np.array(["chr1"]), where, np.array([reference]), np.array([alternate]), np.array(["."]), np.zeros(1), np.ones(1, bool),
        np.array(["line 1"]), {}, 0, folder / "a.vcf",
    )  # fmt: skip
    genome = open_genome(folder / "g.fa")
    changed = bases[:position] + alternate + bases[position + len(reference) :]
    for allele, whole in (("reference", bases), ("alternate", changed)):
        padded = "N" * 50 + whole + "N" * 50
        first = 50 + position - length // 2
        found = VariantWindows(genome, variants, length=length, allele=allele)
        assert decode(found[np.array([0])]) == [padded[first : first + length]]


def test_a_variant_of_another_assembly_is_named(tmp_path):
    (tmp_path / "g.fa").write_text(">chr1\n" + "ACGTN" * 12 + "\n")
    genome = open_genome(tmp_path / "g.fa")
    for row, message in (
        (
            ("chr1", 1, ".", "C", "A", ".", ".", "."),
            r"line 11: the reference allele of chr1:1 is C; .*g\.fa has A there",
        ),
        (("chr01", 1, ".", "A", "C", ".", ".", "."), "line 11: .*no record 'chr01'. Did you mean chr1"),
        (("chr1", 60, ".", "NA", "C", ".", ".", "."), "line 11: chr1:60 lies beyond the chromosome's 60 bases"),
    ):
        with pytest.raises(DataError, match=rf"a\.vcf, {message}"):
            VariantWindows(genome, read_vcf(write(tmp_path / "a.vcf", [row])), length=5)


def test_variants_of_a_real_chromosome_agree_with_pyfaidx(shared_data, tmp_path):
    pyfaidx = pytest.importorskip("pyfaidx")
    source = shared_data / "grch37_chr22_1mb" / "chr22_20000001-21000000.fa.gz"
    (tmp_path / "chr22.fa").write_bytes(gzip.decompress(source.read_bytes()))
    name = "22:20000001-21000000"
    with pyfaidx.Fasta(str(tmp_path / "chr22.fa"), sequence_always_upper=True) as reference:
        places = [
            p for p in np.random.default_rng(0).integers(1000, 999_000, 100).tolist() if reference[name][p].seq != "N"
        ]
        rows = [
            (name, p + 1, ".", r := reference[name][p].seq, "A" if r != "A" else "C", ".", ".", ".") for p in places
        ]
        windows = VariantWindows(
            open_genome(tmp_path / "chr22.fa"), read_vcf(write(tmp_path / "a.vcf", rows)), length=200
        )
        found = decode(windows[np.arange(len(places))])
        for p, row, bases in zip(places, rows, found, strict=True):
            expected = reference[name][p - 100 : p + 100].seq
            assert bases == expected[:100] + row[4] + expected[101:]


def test_one_file_with_classes_trains_by_chromosome_and_is_built_again(tmp_path):
    draw = np.random.default_rng(0)
    bases = {f"chr{i}": "".join(draw.choice(list("ACGT"), 400)) for i in range(1, 4)}
    (tmp_path / "g.fa").write_text("".join(f">{name}\n{s}\n" for name, s in bases.items()))
    rows = [
        (name, p, ".", s[p - 1], "A" if s[p - 1] != "A" else "C", ".", ".", f"SIG={'bad' if p % 2 else 'good'}" if p % 5 else ".")
        for name, s in bases.items()
        for p in range(21, 380, 7)
    ]  # fmt: skip
    write(tmp_path / "a.vcf", rows)
    options = {"length": 30, "label": "SIG", "positive": "bad", "valid": ["chr2"], "test": ["chr3"]}
    data = Dataset.from_vcf(tmp_path / "g.fa", tmp_path / "a.vcf", **options)
    assert data.labels == ("good", "bad")
    assert {id.split(":")[0] for id in data.test.ids} == {"chr3"}
    assert rebuild(data.name, data.options).fingerprint() == data.fingerprint()
    with pytest.raises(DataError, match="no INFO field 'SIGN'. Did you mean SIG"):
        Dataset.from_vcf(tmp_path / "g.fa", tmp_path / "a.vcf", **{**options, "label": "SIGN"})
