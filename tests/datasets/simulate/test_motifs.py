"""Motifs stand where it is said, keep or break the grammar, and the background gives the class away by no dinucleotide."""

from itertools import pairwise

import numpy as np
import pytest

from deepbio.datasets.simulate import Motif, read_motifs, simulate_motifs
from deepbio.errors import DataError
from deepbio.sequence import decode, kmer_counts, reverse_complement

ONE = Motif("M1", "one", np.eye(4)[[0, 1, 2, 3, 0, 1, 2]])  # ACGTACG
TWO = Motif("M2", "two", np.eye(4)[[3, 3, 2, 0, 1]])  # TTGAC
SITES = {"M1": "ACGTACG", "M2": "TTGAC"}


def by_example(found):
    groups = {}
    for site in found.planted:
        groups.setdefault(site.example, []).append(site)
    return groups


@pytest.mark.parametrize("orientation", ["any", "same", "opposite", "plus"])
@pytest.mark.parametrize("order", ["any", "given"])
def test_every_positive_keeps_the_grammar(orientation, order):
    found = simulate_motifs([ONE, TWO], 200, length=60, spacing=(2, 9), orientation=orientation, order=order)
    groups = by_example(found)
    assert sorted(groups) == np.flatnonzero(found.y == 1).tolist()
    assert len(groups) == 100
    for i, sites in groups.items():
        for site in sites:
            codes = found.x[i, site.start : site.end]
            assert decode(codes if site.strand == "+" else reverse_complement(codes)) == SITES[site.motif]
        assert {site.motif for site in sites} == {"M1", "M2"}
        assert all(2 <= right.start - left.end <= 9 for left, right in pairwise(sites))
        strands = [site.strand for site in sites]
        assert orientation != "same" or len(set(strands)) == 1
        assert orientation != "opposite" or len(set(strands)) == 2
        assert orientation != "plus" or set(strands) == {"+"}
        assert order != "given" or [site.motif for site in sites] == ["M1", "M2"]
    seen = {(tuple(s.motif for s in sites), tuple(s.strand for s in sites)) for sites in groups.values()}
    expected = (2 if order == "any" else 1) * {"any": 4, "same": 2, "opposite": 2, "plus": 1}[orientation]
    assert len(seen) == expected


def test_shuffled_negatives_have_every_pair_of_letters_of_their_original():
    found = simulate_motifs([ONE, TWO], 200, length=80)
    of_pair = {pair: i for i, pair in enumerate(found.pairs) if found.y[i] == 1}
    negatives = np.flatnonzero(found.y == 0)
    originals = [of_pair[found.pairs[i]] for i in negatives]
    assert (kmer_counts(found.x[negatives], 2) == kmer_counts(found.x[originals], 2)).all()
    data = found.dataset()
    data.check_leakage()
    assert not set(data.train.groups) & set(data.test.groups)


@pytest.mark.parametrize("options", [{"orientation": "same", "order": "given"}, {"orientation": "plus"}, {}])
def test_a_broken_grammar_breaks_the_one_rule_that_is_named(options):
    found = simulate_motifs([ONE, TWO], 400, length=60, spacing=(3, 6), negatives="broken", **options)
    assert set(found.broken[found.y == 1]) == {""}
    ways = {
        "alone",
        "spacing",
        *(["orientation"] if "orientation" in options else []),
        *(["order"] if "order" in options else []),
    }
    assert set(found.broken[found.y == 0]) == ways
    for i, sites in by_example(found).items():
        if found.y[i]:
            continue
        wrong = set()
        if len(sites) < 2:
            wrong.add("alone")
        else:
            if not 3 <= sites[1].start - sites[0].end <= 6:
                wrong.add("spacing")
            strands = [site.strand for site in sites]
            if options.get("orientation") == "same" and len(set(strands)) > 1:
                wrong.add("orientation")
            if options.get("orientation") == "plus" and set(strands) != {"+"}:
                wrong.add("orientation")
            if options.get("order") == "given" and [site.motif for site in sites] != ["M1", "M2"]:
                wrong.add("order")
        assert wrong == {found.broken[i]}


def test_the_background_has_the_dinucleotides_of_a_human_chromosome():
    found = simulate_motifs([Motif("N", "any letter", np.full((1, 4), 0.25))], 4000, length=200, seed=3)
    counts = kmer_counts(found.x, 2).sum(axis=0).astype(float).reshape(4, 4)
    shares = counts / counts.sum(axis=1, keepdims=True)
    # counted in chr22:20,000,001-21,000,000 of GRCh37: CG is rare, 19,937 of 236,200 pairs that begin with C
    assert shares[1, 2] == pytest.approx(19_937 / 236_200, abs=0.005)
    assert shares[3, 2] == pytest.approx(72_678 / 215_532, abs=0.005)


def test_a_background_of_your_own_is_shuffled():
    own = np.tile(np.array([[0, 1, 0, 2]], np.uint8), (3, 10))
    found = simulate_motifs([Motif("A", "letter", np.eye(4)[[0]])], 10, length=40, background=own, orientation="plus")
    assert set(np.unique(found.x)) <= {0, 1, 2}


def test_the_mask_is_where_the_sites_are():
    found = simulate_motifs([ONE, TWO], 20, length=60)
    assert found.mask().sum() == 10 * (7 + 5)
    assert not found.mask()[found.y == 0].any()


def test_the_seed_gives_the_same_again_and_another_gives_others():
    one, two, other = (simulate_motifs([ONE, TWO], 20, seed=seed) for seed in (1, 1, 2))
    assert (one.x == two.x).all()
    assert one.planted == two.planted
    assert (one.x != other.x).any()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"length": 20}, "take up to 32 bases; the sequences have 20"),
        ({"orientation": "sam"}, "Did you mean same"),
        ({"spacing": (5, 2)}, "spacing is"),
        ({"negatives": "none"}, "Unknown negatives"),
        ({"background": np.zeros((2, 9), np.uint8)}, r"shape \(m, 200\)"),
        ({"examples": 1}, "two examples"),
    ],
)
def test_what_cannot_be_planted_is_refused(options, message):
    with pytest.raises(DataError, match=message):
        simulate_motifs([ONE, TWO], **options)
    with pytest.raises(DataError, match="rows of sum 1"):
        Motif("x", "x", np.ones((3, 4)))


def test_real_motifs_come_from_jaspar_by_id_or_name():
    pytest.importorskip("pyjaspar", reason="needs the extra 'genomics'")
    ctcf, nfyb = read_motifs(["MA0139.1", "NFYB"])
    assert (ctcf.id, ctcf.name, nfyb.name) == ("MA0139.1", "CTCF", "NFYB")
    # the most frequent letters of the logo on JASPAR's page of MA0139.1
    assert "".join("ACGT"[i] for i in ctcf.probabilities.argmax(axis=1)) == "TGGCCACCAGGGGGCGCTA"
    with pytest.raises(DataError, match="no motif 'CTFC'"):
        read_motifs(["CTFC"])
    with pytest.raises(DataError, match="no release 'JASPAR1999'"):
        read_motifs(["CTCF"], release="JASPAR1999")


def test_planted_sites_have_the_letters_of_the_matrix():
    pytest.importorskip("pyjaspar", reason="needs the extra 'genomics'")
    found = simulate_motifs(["MA0139.1"], 4000, length=50, orientation="plus")
    sites = np.stack([found.x[site.example, site.start : site.end] for site in found.planted])
    shares = np.stack([(sites == letter).mean(axis=0) for letter in range(4)], axis=1)
    assert np.abs(shares - found.motifs[0].probabilities).max() < 0.05  # 2,000 sites: 0.011 is one deviation at most
