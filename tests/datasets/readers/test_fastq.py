"""FASTQ reads are those that Biopython reads; a wrong one is named by line and read."""

import gzip

import numpy as np
import pytest
from Bio import SeqIO
from hypothesis import given
from hypothesis import strategies as st

from deepbio.datasets.readers import read_fastq
from deepbio.errors import DataError
from deepbio.sequence import decode

READS = st.lists(
    st.text("ACGTN", min_size=1, max_size=20).flatmap(
        lambda letters: st.tuples(
            st.just(letters), st.text("".join(map(chr, range(33, 127))), min_size=len(letters), max_size=len(letters))
        )
    ),
    min_size=1,
    max_size=8,
)


@given(READS, st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_reads_agree_with_biopython(tmp_path_factory, reads, end, packed):
    text = "".join(f"@read{i} x{end}{s}{end}+{end}{q}{end}" for i, (s, q) in enumerate(reads))
    path = tmp_path_factory.mktemp("fastq") / "a.fq"
    path.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    found = read_fastq(path)
    plain = path.with_name("plain.fq")
    plain.write_text(text.replace("\r\n", "\n"))
    with plain.open() as file:
        expected = list(SeqIO.parse(file, "fastq"))
    assert found.ids == [read.id for read in expected]
    assert [decode(np.asarray(codes)) for codes in found.codes] == [str(read.seq) for read in expected]
    scores = [read.letter_annotations["phred_quality"] for read in expected]
    assert [list(values) for values in found.qualities] == scores


BAD = {
    "fasta": (">a\nACGT\n", "line 1: expected a FASTQ header"),
    "no name": ("@\nA\n+\nI\n", "line 1: expected a name"),
    "cut short": ("@a\nA\n+\nI\n@b\nAC\n", "line 5, read 'b': expected four lines per read; the file ends after 2"),
    "no plus": ("@a\nA\nC\nI\n", r"line 1, read 'a': expected '\+'"),
    "lengths": ("@a\nAC\n+\nI\n", "2 bases, 1 qualities"),
    "protein": ("@a\nAE\n+\nII\n", "read 'a': Position 2: received 'E'"),
    "quality": ("@a\nA\n+\n\x1f\n", "expected qualities"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_read_is_named(tmp_path, case):
    content, message = BAD[case]
    (tmp_path / "a.fq").write_text(content)
    with pytest.raises(DataError, match=rf"a\.fq.*(?:{message})"):
        read_fastq(tmp_path / "a.fq")
