import itertools

import pytest
from Bio.Data import CodonTable
from Bio.Seq import Seq
from hypothesis import given
from hypothesis import strategies as st

from deepbio.errors import DataError
from deepbio.sequence import encode, translate


@given(st.text(alphabet="ACGT", max_size=20).map(lambda s: s * 3), st.booleans())
def test_translation_agrees_with_biopython(text, to_stop):
    assert translate(encode(text), to_stop=to_stop) == str(Seq(text).translate(to_stop=to_stop))


@pytest.mark.parametrize("table", [1, 2, 4, 5, 11, 12, 25])
def test_every_codon_of_a_table_agrees_with_biopython(table):
    codons = "".join(map("".join, itertools.product("ACGT", repeat=3)))
    assert translate(encode(codons), table=table) == str(Seq(codons).translate(table=table))


@pytest.mark.parametrize("table", sorted(CodonTable.unambiguous_dna_by_id))
def test_every_numbered_table_is_there(table):
    assert len(translate(encode("ATGTAA"), table=table)) == 2


def test_the_first_codons_of_human_beta_globin():
    # NM_000518.5 from its start codon; protein NP_000509.1 begins MVHLTPEEKSAVTALWGKV.
    text = "ATGGTGCATCTGACTCCTGAGGAGAAGTCTGCCGTTACTGCCCTGTGGGGCAAGGTG"
    assert translate(encode(text)) == "MVHLTPEEKSAVTALWGKV"


def test_an_n_counts_where_it_matters():
    assert translate(encode("GCNATNNNNTGNTAN")) == "AXXXX"


def test_frames_and_remainders():
    codes = encode("CATGGCTA")
    assert [translate(codes, frame=frame) for frame in (0, 1, 2)] == ["HG", "MA", "WL"]
    assert translate(encode("AC")) == ""


def test_a_batch_gives_a_list():
    assert translate(encode(["ATGTAAATG", "GCTGCTGCT"]), to_stop=True) == ["M", "AAA"]


def test_unknown_tables_and_frames_are_refused():
    with pytest.raises(DataError, match="Unknown genetic code 7"):
        translate(encode("ATG"), table=7)
    with pytest.raises(DataError, match="0, 1 or 2"):
        translate(encode("ATG"), frame=3)
