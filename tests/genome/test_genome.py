"""Genomes are encoded once and right; windows agree with plain slicing; wrong intervals are named by file and line."""

import gzip
import io
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepbio.datasets import Dataset, rebuild
from deepbio.errors import DataError
from deepbio.genome import Genome, GenomeWindows, Intervals, open_genome, read_bed, read_gtf
from deepbio.sequence import decode, encode, reverse_complement


def random_bases(n, seed, alphabet="ACGT"):
    return "".join(np.random.default_rng(seed).choice(list(alphabet), n))


CHROMOSOMES = {name: random_bases(n, n, "ACGTN") for name, n in (("chr1", 300), ("chr2", 171), ("chrX", 60))}


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("DEEPBIO_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def fasta(tmp_path):
    path = tmp_path / "g.fa"
    rows = (
        f">{name} text\n" + "\n".join(s[i : i + 50] for i in range(0, len(s), 50)) for name, s in CHROMOSOMES.items()
    )
    path.write_text("\n".join(rows) + "\n")
    return path


def test_a_genome_is_what_the_file_says_and_is_encoded_once(fasta, tmp_path):
    genome = open_genome(fasta)
    assert {name: decode(np.asarray(genome[name])) for name in genome.lengths} == CHROMOSOMES
    codes = next((tmp_path / "cache").rglob("codes.u8"))
    before = codes.stat().st_mtime_ns
    assert open_genome(fasta).codes.tobytes() == genome.codes.tobytes()
    assert codes.stat().st_mtime_ns == before
    codes.write_bytes(b"cut short")
    assert open_genome(fasta)["chrX"].shape == (60,)


@pytest.mark.parametrize("change", ["gzip", "windows", "bom", "lower"])
def test_every_form_of_the_file_gives_the_same_codes(fasta, tmp_path, change):
    content = fasta.read_bytes()
    changed = {
        "gzip": gzip.compress(content),
        "windows": content.replace(b"\n", b"\r\n"),
        "bom": b"\xef\xbb\xbf" + content,
        "lower": content.replace(b"ACGT", b"acgt"),
    }[change]
    (tmp_path / "other.fa").write_bytes(changed)
    assert open_genome(tmp_path / "other.fa").codes.tobytes() == open_genome(fasta).codes.tobytes()


BAD_FASTA = {
    "no header": (b"ACGT\n", "line 1: expected a FASTA header"),
    "empty": (b"", "empty"),
    "name twice": (b">a\nAC\n>a\nGT\n", "line 3: the record name 'a' occurs twice"),
    "no name": (b">\nAC\n", "line 1: expected a name"),
    "no sequence": (b">a\n>b\nAC\n", "record 'a' has no sequence"),
    "no sequence at the end": (b">a\nAC\n>b\n", "record 'b' has no sequence"),
    "protein": (b">a\nACEF\n", "record 'a', near base 1"),
    "truncated gzip": (gzip.compress(b">a\n" + b"ACGT" * 999)[:-10], "ends too early|damaged"),
    "damaged gzip": (gzip.compress(b">a\nACGT\n")[:12] + b"\xff" * 20, "damaged|ends too early"),
}


@pytest.mark.parametrize("case", BAD_FASTA)
def test_a_bad_genome_is_named_and_leaves_no_cache(tmp_path, case):
    content, message = BAD_FASTA[case]
    (tmp_path / "bad.fa").write_bytes(content)
    with pytest.raises(DataError, match=rf"bad\.fa.*(?:{message})"):
        open_genome(tmp_path / "bad.fa")
    assert not list((tmp_path / "cache").rglob("codes.u8"))


@given(st.lists(st.tuples(st.integers(0, 59), st.booleans()), min_size=1, max_size=20), st.integers(1, 90))
def test_windows_are_plain_slices_padded_with_n(places, length):
    bases = CHROMOSOMES["chrX"]
    genome = Genome(None, {"chrX": 60}, {"chrX": 0}, encode(bases), "0")  # type: ignore[arg-type]
    centers = np.array([place for place, _ in places])
    strands = np.array(["-" if minus else "+" for _, minus in places])
    n = len(places)
    blank = np.array([""] * n)
    intervals = Intervals(
        np.array(["chrX"] * n), centers, centers + 1, strands, blank, np.zeros(n), centers, centers, None
    )  # type: ignore[arg-type]
    found = GenomeWindows(genome, intervals, length=length)[np.arange(n)]
    padded = "N" * 100 + bases + "N" * 100
    for row, center, strand in zip(found, centers, strands, strict=True):
        if strand == "+":
            start = center - length // 2
            assert decode(row) == padded[100 + start : 100 + start + length]
        else:  # the center stays at the same place of the window as it is read
            assert row[length // 2] == 3 - codes if (codes := genome.codes[center]) < 4 else row[length // 2] == 4
            start = center - (length - 1) // 2
            assert decode(reverse_complement(row)) == padded[100 + start : 100 + start + length]


@given(st.integers(0, 30), st.integers(1, 25), st.sampled_from("+-"))
def test_a_window_of_the_length_of_its_interval_is_the_interval(start, length, strand):
    bases = CHROMOSOMES["chrX"]
    genome = Genome(None, {"chrX": 60}, {"chrX": 0}, encode(bases), "0")  # type: ignore[arg-type]
    with tempfile.TemporaryDirectory() as folder:
        bed = Path(folder) / "a.bed"
        bed.write_text(f"chrX\t{start}\t{start + length}\tx\t0\t{strand}\n")
        found = GenomeWindows(genome, read_bed(bed), length=length)[np.arange(1)]
        both = GenomeWindows(genome, read_bed(bed), length=length, stranded=False)[np.arange(1)]
    inside = encode(bases[start : start + length])
    assert (found[0] == (inside if strand == "+" else reverse_complement(inside))).all()
    assert (both[0] == inside).all()


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["chr1", "chrX", "HLA*01"]), st.integers(0, 10**9), st.integers(1, 10**6),
        st.text("abcXYZ_.-:", min_size=1, max_size=8), st.integers(0, 1000), st.sampled_from("+-."),
    ),
    min_size=1,
    max_size=20,
)  # fmt: skip


@given(ROWS, st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_any_bed_agrees_with_pandas(rows, newline, packed):
    lines = [
        f"{name}\t{start}\t{start + size}\t{title}\t{score}\t{strand}"
        for name, start, size, title, score, strand in rows
    ]
    content = newline.join(["track name=x", "# text", *lines, ""]).encode()
    with tempfile.TemporaryDirectory() as folder:
        bed = Path(folder) / "a.bed.gz"
        bed.write_bytes(gzip.compress(content) if packed else content)
        found = read_bed(bed)
    table = pd.read_csv(
        io.BytesIO(content), sep="\t", skiprows=2, header=None, keep_default_na=False, dtype={0: str, 3: str, 5: str}
    )
    for values, column in zip(
        (found.chromosomes, found.starts, found.ends, found.names, found.scores, found.strands), table, strict=True
    ):
        assert values.tolist() == table[column].tolist()
    assert found.lines.tolist() == [i + 3 for i in range(len(rows))]
    assert found.centers.tolist() == ((table[1] + table[2]) // 2).tolist()


BAD_BED = {
    "two columns": ("chr1\t5\n", "line 1: expected 3 columns or more; found 2"),
    "words": ("chr1\tfive\t9\n", "line 1: expected a whole number; found 'five'"),
    "decimal": ("chr1\t5.0\t9\n", "line 1: expected a whole number"),
    "negative": ("chr1\t-5\t9\n", "line 1: the interval chr1:-5-9 is negative"),
    "reversed": ("#c\nchr1\t9\t5\n", "line 2: the interval chr1:9-5 is reversed"),
    "strand": ("chr1\t5\t9\tx\t0\t*\n", "line 1: the strand is"),
    "score": ("chr1\t5\t9\tx\thigh\t+\n", "line 1: expected a number as score"),
    "headers only": ("track name=x\n#c\n", "no interval"),
    "empty file": ("", "empty"),
    "past the end": ("chr2\t1\t9\nchr2\t100\t172\n", "line 2: chr2:100-172 ends beyond the chromosome's 171 bases"),
    "other names": ("chr01\t5\t9\n", "line 1: .*has no record 'chr01'. Did you mean chr1"),
    "unknown": ("chrY\t5\t9\n", "line 1: .*has no record 'chrY'"),
    "not UTF-8": (b"chr1\t5\t9\t\xff\xfe\n", "line 1: expected UTF-8"),
    "binary": (b"\x00\x01\x02\x03", "binary"),
}


@pytest.mark.parametrize("case", BAD_BED)
def test_a_bad_interval_is_named_by_file_and_line(fasta, tmp_path, case):
    content, message = BAD_BED[case]
    (tmp_path / "a.bed").write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DataError, match=rf"a\.bed.*(?:{message})"):
        GenomeWindows(open_genome(fasta), read_bed(tmp_path / "a.bed"), length=20)


def test_a_narrow_peak_is_centered_on_its_summit(tmp_path):
    (tmp_path / "a.narrowPeak").write_text(
        "chr1\t100\t200\tp\t5\t.\t1\t2\t3\t30\nchr1\t100\t200\tp\t5\t.\t1\t2\t3\t-1\n"
    )
    assert read_bed(tmp_path / "a.narrowPeak").centers.tolist() == [130, 150]
    (tmp_path / "b.narrowPeak").write_text("chr1\t100\t200\tp\t5\t.\t1\t2\t3\t100\n")
    with pytest.raises(DataError, match="line 1: the summit 100 lies beyond"):
        read_bed(tmp_path / "b.narrowPeak")


BAD_GTF = {
    "spaces": ("chr1 x gene 6 9 . + . g\n", "line 1: expected 9 columns split by tabs"),
    "other feature": ("chr1\tx\texon\t6\t9\t.\t+\t.\tg\n", "no line of the feature 'gene'; there are exon"),
    "zero": ("chr1\tx\tgene\t0\t9\t.\t+\t.\tg\n", "line 1: .*negative"),
}


@pytest.mark.parametrize("case", BAD_GTF)
def test_a_bad_line_of_gtf_is_named(tmp_path, case):
    content, message = BAD_GTF[case]
    (tmp_path / "a.gtf").write_text(content)
    with pytest.raises(DataError, match=rf"a\.gtf.*(?:{message})"):
        read_gtf(tmp_path / "a.gtf")


def test_windows_train_by_chromosome_and_are_built_again(tmp_path):
    names = [f"chr{i}" for i in range(1, 5)]
    (tmp_path / "g.fa").write_text("".join(f">{name}\n{random_bases(600, i)}\n" for i, name in enumerate(names)))
    for label, shift in (("open", 0), ("closed", 10)):
        rows = (f"{name}\t{s + shift}\t{s + shift + 9}\n" for name in names for s in range(0, 560, 20))
        (tmp_path / f"{label}.bed").write_text("".join(rows))
    beds = {label: tmp_path / f"{label}.bed" for label in ("closed", "open")}
    data = Dataset.from_bed(tmp_path / "g.fa", beds, length=40, valid=["chr3"], test=["chr4"])
    assert [len(split) for _, split in data.splits()] == [112, 56, 56]
    assert {id.split(":")[1] for id in data.test.ids} == {"chr4"}
    data.check_leakage()
    assert rebuild(data.name, data.options).fingerprint() == data.fingerprint()
    for options, message in (
        ({"valid": ["chr3"]}, "both valid and test"),
        ({"valid": ["chr3"], "test": ["chr3"]}, "chr3 are named"),
        ({"valid": ["chr33"], "test": ["chr4"]}, "Did you mean chr3"),
    ):
        with pytest.raises(DataError, match=message):
            Dataset.from_bed(tmp_path / "g.fa", beds, length=40, **options)


def test_windows_of_a_real_chromosome_agree_with_pyfaidx(shared_data, tmp_path):
    pyfaidx = pytest.importorskip("pyfaidx")
    source = shared_data / "grch37_chr22_1mb" / "chr22_20000001-21000000.fa.gz"
    (tmp_path / "chr22.fa").write_bytes(gzip.decompress(source.read_bytes()))
    starts = np.random.default_rng(0).integers(0, 999_000, 200)
    (tmp_path / "a.bed").write_text("".join(f"22:20000001-21000000\t{s}\t{s + 1000}\n" for s in starts))
    windows = GenomeWindows(open_genome(tmp_path / "chr22.fa"), read_bed(tmp_path / "a.bed"), length=1000)
    with pyfaidx.Fasta(str(tmp_path / "chr22.fa")) as reference:
        expected = [reference["22:20000001-21000000"][int(s) : int(s) + 1000].seq.upper() for s in starts]
    assert decode(windows[np.arange(200)]) == expected
