import gzip
import io
from pathlib import Path

import numpy as np
import pytest
from Bio import bgzf
from Bio.SeqIO.FastaIO import SimpleFastaParser
from hypothesis import given
from hypothesis import strategies as st

from deepbio.datasets.readers import read_fasta
from deepbio.errors import DataError
from deepbio.sequence import decode

SHARED = Path("../shared/data")


@pytest.fixture
def write(tmp_path):
    def write(content, name="a.fa"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def letters(records):
    return [decode(codes) for codes in records.codes]


PLAIN = b">one first record\nACGT\nAC\n>two\nttn\nACG\n"
EXPECTED = (["one", "two"], ["ACGTAC", "TTNACG"])


@pytest.mark.parametrize(
    "content",
    [
        PLAIN,
        PLAIN.rstrip(),
        PLAIN.replace(b"\n", b"\r\n"),
        PLAIN.replace(b"\n", b"\r"),
        b"\xef\xbb\xbf" + PLAIN,
        b"\n\n" + PLAIN + b"\n\n",
        PLAIN.replace(b"\n>two", b"\n\n>two"),
        PLAIN.replace(b"ACGT\n", b"AC GT\t\n"),
        PLAIN.replace(b"one first", b"one\tfirst"),
        PLAIN.replace(b">one", b"> one"),
        PLAIN.replace(b"ACGT", b"ACGU"),
        gzip.compress(PLAIN),
        gzip.compress(PLAIN[:20]) + gzip.compress(PLAIN[20:]),
        gzip.compress(b"\xef\xbb\xbf" + PLAIN.replace(b"\n", b"\r\n")),
    ],
    ids=range(14),
)
def test_every_way_of_writing_the_same_records_reads_the_same(write, content):
    records = read_fasta(write(content))
    assert (records.ids, letters(records)) == EXPECTED
    assert records.codes.shape == (2, 6)
    assert records.lengths.tolist() == [6, 6]


def test_bgzip_is_read(tmp_path):
    with bgzf.open(str(tmp_path / "a.fa.gz"), "wb") as file:
        file.write(PLAIN)
    assert letters(read_fasta(tmp_path / "a.fa.gz")) == EXPECTED[1]


def test_a_plain_file_with_a_gzip_name_is_read(write):
    assert read_fasta(write(PLAIN, "a.fa.gz")).ids == EXPECTED[0]


def test_sequences_of_many_lengths_come_as_a_list(write):
    records = read_fasta(write(">a\nACG\n>b\nT\n>c\nNN\n"))
    assert isinstance(records.codes, list)
    assert letters(records) == ["ACG", "T", "NN"]
    assert records.lengths.tolist() == [3, 1, 2]


names = st.text(alphabet="abcXYZ019|:._-", min_size=1, max_size=8)
sequences = st.text(alphabet="ACGTNacgtnRYKM", min_size=1, max_size=30)


@given(st.dictionaries(names, sequences, min_size=1, max_size=6), st.integers(1, 12), st.sampled_from(["\n", "\r\n"]))
def test_records_agree_with_biopython(tmp_path_factory, records, width, end):
    text = "".join(
        f">{name} note{end}" + "".join(seq[i : i + width] + end for i in range(0, len(seq), width))
        for name, seq in records.items()
    )
    path = tmp_path_factory.mktemp("fasta") / "a.fa"
    path.write_bytes(text.encode())
    found = read_fasta(path)
    expected = list(SimpleFastaParser(io.StringIO(text.replace("\r\n", "\n"))))
    assert found.ids == [title.split()[0] for title, _ in expected]
    plain = {ord(c): "N" for c in "RYKM"}
    assert letters(found) == [sequence.upper().translate(plain) for _, sequence in expected]


BAD = [
    ("", "the file is empty"),
    (" \n\n", "the file is empty"),
    (gzip.compress(b""), "the file is empty"),
    (gzip.compress(PLAIN * 50)[:-12], "gzip file ends too early"),
    (gzip.compress(PLAIN)[:20], "gzip file ends too early"),
    (gzip.compress(PLAIN) + b"junk", "gzip file is damaged"),
    (gzip.compress(PLAIN)[:10] + b"\xff" * 30, "gzip file is damaged"),
    (b"PK\x03\x04rest", "zip archive"),
    (b"BZh91AY&SY", "bzip2"),
    (">a\nACGT\n".encode("utf-16"), "UTF-16"),
    (b"\x7fELF\x02\x01\x00\x00", "line 1: expected text; found binary"),
    (">a\nAC\0T\n", "line 2: expected text; found binary"),
    ("ACGT\n>a\nACGT\n", "line 1: expected a FASTA header .* found 'ACGT'"),
    ("\n\nname,sequence\na,ACGT\n", "line 3: expected a FASTA header"),
    ("@read\nACGT\n+\nIIII\n", "looks like FASTQ"),
    (">a\nACGT\n>b\nMKVLEF\n", r"line 4, record 'b': Position 4: received 'L'; .*protein"),
    (">a\nACGT\nACG-T\n", r"line 3, record 'a': Position 4: received '-'; gaps"),
    (">a\nACGT0.5\n", r"line 2, record 'a': Position 5: received '0'"),
    (">a\nACGT\n>b\n>c\nACGT\n", "line 3, record 'b': expected a sequence; received 0 bases"),
    (">a\nACGT\n>b\n", "line 3, record 'b': expected a sequence"),
    (">a\nACGT\n>\nACGT\n", "line 3: expected a name after '>'"),
    (">a 1\nACGT\n>b\nA\n>a 2\nACGT\n", r"line 5: the record name 'a' occurs twice \(first as record 1\)"),
    (">a\nAC\u00e9T\n", "record 'a'"),
    (">a\nACGT\n;comment\n", "line 3, record 'a': Position 1: received ';'"),
]


@pytest.mark.parametrize(("content", "message"), BAD, ids=[message[:30] for _, message in BAD])
def test_a_bad_file_is_named_with_its_place(write, content, message):
    path = write(content)
    with pytest.raises(DataError, match=message) as caught:
        read_fasta(path)
    assert str(path) in str(caught.value)


def test_a_record_of_another_length_is_named(write):
    with pytest.raises(DataError, match="line 3, record 'b': expected 4 bases; received 3"):
        read_fasta(write(">a\nACGT\n>b\nACG\n"), length=4)


def test_ambiguous_letters_can_be_refused(write):
    path = write(">a\nACGT\nACRT\n")
    assert letters(read_fasta(path)) == ["ACGTACNT"]
    with pytest.raises(DataError, match="line 3, record 'a': Position 3: received 'R'; it is ambiguous"):
        read_fasta(path, unknown="error")


def test_names_that_occur_twice_can_be_numbered(write):
    path = write(">a\nA\n>a\nC\n>b\nG\n>a\nT\n")
    assert read_fasta(path, same_names="number").ids == ["a", "a#2", "b", "a#3"]
    with pytest.raises(DataError, match="'error' or 'number'"):
        read_fasta(path, same_names="keep")  # type: ignore[arg-type]


def test_a_missing_file_is_answered_with_the_nearest_name(write):
    path = write(PLAIN, "promoters.fa")
    with pytest.raises(DataError, match=r"there is none. Did you mean promoters.fa"):
        read_fasta(path.with_name("promoter.fa"))
    with pytest.raises(DataError, match="it is a folder"):
        read_fasta(path.parent)
    with pytest.raises(DataError, match="Check the path"):
        read_fasta(path.parent / "no" / "a.fa")


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs the files in ../shared/data")
@pytest.mark.parametrize(("name", "n"), [("oct4_train", 3897), ("oct4_test", 100), ("mafk_train", 3900)])
def test_real_peaks_agree_with_biopython(name, n):
    path = SHARED / "oct4_mafk" / f"{name}.fa.gz"
    records = read_fasta(path, length=200, unknown="error")
    assert records.codes.shape == (n, 200)
    with gzip.open(path, "rt") as file:
        expected = list(SimpleFastaParser(file))
    assert records.ids == [title.split()[0] for title, _ in expected]
    assert letters(records) == [sequence.upper() for _, sequence in expected]


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs the files in ../shared/data")
def test_one_megabase_of_chromosome_22_is_read():
    records = read_fasta(SHARED / "grch37_chr22_1mb" / "chr22_20000001-21000000.fa.gz")
    assert records.ids == ["22:20000001-21000000"]
    assert records.codes.shape == (1, 1_000_000)
    assert np.count_nonzero(records.codes == 4) == 100_000
