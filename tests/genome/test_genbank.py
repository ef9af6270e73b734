"""GenBank features are those that Biopython reads, and windows around them are cut from the record."""

import numpy as np
import pytest
from Bio import SeqIO
from Bio.Seq import Seq
from Bio.SeqFeature import CompoundLocation, SeqFeature, SimpleLocation
from Bio.SeqRecord import SeqRecord
from hypothesis import given, settings
from hypothesis import strategies as st

from deepbio.errors import DataError
from deepbio.genome import GenomeWindows, read_genbank
from deepbio.sequence import decode


def write(path, features, bases="ACGT" * 30, name="REC1"):
    record = SeqRecord(Seq(bases), id=name, name=name, annotations={"molecule_type": "DNA"})
    record.features = features
    SeqIO.write([record], path, "genbank")
    return path


def coding(start, end, strand=1, tag="g1"):
    return SeqFeature(SimpleLocation(start, end, strand), type="CDS", qualifiers={"locus_tag": [tag]})


@settings(max_examples=30)
@given(
    st.text("ACGTN", min_size=20, max_size=200),
    st.lists(st.tuples(st.integers(0, 18), st.booleans()), min_size=1, max_size=5),
)
def test_sequence_and_features_agree_with_biopython(tmp_path_factory, bases, places):
    features = [coding(start, len(bases), -1 if minus else 1, f"g{i}") for i, (start, minus) in enumerate(places)]
    path = write(tmp_path_factory.mktemp("gb") / "a.gb", features, bases)
    genome, found = read_genbank(path)
    record = SeqIO.read(path, "genbank")
    assert decode(np.asarray(genome["REC1"])) == str(record.seq)
    expected = [
        (int(f.location.start), int(f.location.end), "-" if f.location.strand < 0 else "+") for f in record.features
    ]
    assert list(zip(found.starts.tolist(), found.ends.tolist(), found.strands.tolist(), strict=True)) == expected
    assert found.names.tolist() == [f.qualifiers["locus_tag"][0] for f in record.features]


def test_a_joined_feature_is_one_interval_or_its_parts(tmp_path):
    joined = CompoundLocation([SimpleLocation(60, 90, -1), SimpleLocation(10, 40, -1)])
    path = write(tmp_path / "a.gb", [SeqFeature(joined, type="CDS", qualifiers={"gene": ["abc"]})])
    _, whole = read_genbank(path)
    assert (whole.starts.tolist(), whole.ends.tolist(), whole.names.tolist()) == ([10], [90], ["abc"])
    _, parts = read_genbank(path, parts=True)
    assert sorted(zip(parts.starts.tolist(), parts.ends.tolist(), strict=True)) == [(10, 40), (60, 90)]


def test_windows_around_features_are_cut_on_their_strand(tmp_path):
    bases = "".join(np.random.default_rng(0).choice(list("ACGT"), 120))
    genome, found = read_genbank(write(tmp_path / "a.gb", [coding(40, 60), coding(40, 60, -1)], bases))
    one, two = decode(GenomeWindows(genome, found, length=20)[np.arange(2)])
    assert one == bases[40:60]
    assert str(Seq(two).reverse_complement()) == bases[40:60]


def test_what_is_no_genbank_or_lacks_something_is_named(tmp_path):
    path = write(tmp_path / "a.gb", [coding(0, 30)])
    text = path.read_text()
    with pytest.raises(DataError, match=r"a\.gb: there is no feature 'exon'"):
        read_genbank(path, feature="exon")
    for content, message in (
        (">a\nACGT\n", "expected a GenBank file, which begins with LOCUS"),
        (text[: text.index("ORIGIN")] + "//\n", "no sequence after ORIGIN|cannot be read"),
        (text[: text.index("ORIGIN") + 60], "cannot be read|no sequence"),
        (text + text, "record name 'REC1' occurs twice|occurs twice"),
        (text.replace("1..30", "1..999"), "cannot be read|does not lie in"),
        (text.replace("1..30", "one..30"), "cannot be read|its place"),
    ):
        (tmp_path / "b.gb").write_text(content)
        with pytest.raises(DataError, match=rf"b\.gb.*(?:{message})"):
            read_genbank(tmp_path / "b.gb")
