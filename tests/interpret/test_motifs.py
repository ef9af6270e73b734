"""Seqlets and motifs: planted spans are found, named by their motif, and written in the forms that other programs read."""

import numpy as np
import pytest
from scipy.stats import false_discovery_control

from deepbio.errors import DataError, ModelError
from deepbio.interpret import (
    annotate_seqlets,
    filter_motifs,
    read_meme,
    read_modisco,
    recursive_seqlets,
    tomtom,
    trimmed,
    with_coordinates,
    write_modisco_inputs,
)
from deepbio.sequence import encode

# the minimal example of https://meme-suite.org/meme/doc/examples/sample-dna-motif.meme
CRP = """MEME version 4

ALPHABET= ACGT

strands: + -

Background letter frequencies
A 0.303 C 0.183 G 0.209 T 0.306

MOTIF crp alternative name
letter-probability matrix: alength= 4 w= 5 nsites= 17 E= 4.1e-009
 0.000000  0.176471  0.000000  0.823529
 0.000000  0.058824  0.647059  0.294118
 0.000000  0.058824  0.000000  0.941176
 0.176471  0.000000  0.764706  0.058824
 0.823529  0.058824  0.000000  0.117647

MOTIF ap1
letter-probability matrix: alength= 4 w= 7 nsites= 20 E= 0
 0.01 0.01 0.01 0.97
 0.01 0.01 0.97 0.01
 0.97 0.01 0.01 0.01
 0.01 0.49 0.49 0.01
 0.01 0.01 0.01 0.97
 0.01 0.97 0.01 0.01
 0.97 0.01 0.01 0.01
"""


def planted(sign=1.0):
    values = np.random.Generator(np.random.Philox(0)).normal(0, 0.02, (6, 120))
    values[1, 30:41] += sign
    values[4, 70:78] += sign
    return values


def test_planted_spans_are_called_and_no_others():
    found = recursive_seqlets(planted(), threshold=1e-6)
    assert sorted(map(tuple, found[["example", "start", "end"]].to_numpy())) == [(1, 30, 41), (4, 70, 78)]
    assert found["p_value"].is_monotonic_increasing
    assert found["attribution"].iloc[0] == pytest.approx(planted()[1, 30:41].sum())
    negative = recursive_seqlets(planted(-1.0), threshold=1e-6)
    assert (negative["attribution"] < 0).all()
    assert len(negative) == 2
    assert len(recursive_seqlets(planted(-1.0), threshold=1e-6, negative=False)) == 0
    wide = recursive_seqlets(planted(), threshold=1e-6, additional_flanks=3)
    assert wide["end"].max() == 81
    assert len(recursive_seqlets(np.zeros((2, 50)))) == 0
    for wrong in (lambda: recursive_seqlets(np.zeros(5)), lambda: recursive_seqlets(np.zeros((1, 10)), max_length=11)):
        with pytest.raises(DataError):
            wrong()


def test_coordinates_follow_the_strand():
    table = with_coordinates(recursive_seqlets(planted(), threshold=1e-6), [f"chr{i}:1,000-1,120" for i in range(6)])
    assert set(zip(table["chromosome"], table["chromosome_start"], table["chromosome_end"], strict=True)) == {
        ("chr1", 1030, 1041),
        ("chr4", 1070, 1078),
    }
    table = with_coordinates(recursive_seqlets(planted(), threshold=1e-6), [f"chr{i}:1000-1120(-)" for i in range(6)])
    assert set(zip(table["chromosome_start"], table["chromosome_end"], strict=True)) == {(1079, 1090), (1042, 1050)}
    with pytest.raises(DataError, match="chromosome:start-end"):
        with_coordinates(recursive_seqlets(planted(), threshold=1e-6), ["chr1"] * 6)


def test_meme_files_are_read_and_wrong_ones_refused(tmp_path):
    file = tmp_path / "two.meme"
    file.write_text(CRP)
    crp, ap1 = read_meme(file)
    assert (crp.name, ap1.name) == ("crp alternative name", "ap1")
    assert crp.probabilities.shape == (5, 4)
    assert crp.probabilities[1, 2] == pytest.approx(0.647059, abs=1e-5)
    for text, message in (
        ("MEME version 4\n", "found none"),
        (CRP.replace(" 0.000000  0.176471", " 0.900000  0.176471"), "add up to 1"),
        (CRP.replace("0.823529", "most", 1), "four probabilities"),
        (CRP.replace("w= 5", "w= many"), "line .*a whole number"),
    ):
        file.write_text(text)
        with pytest.raises(DataError, match=message):
            read_meme(file)


@pytest.mark.slow  # numba compiles TOMTOM once in each environment
def test_seqlets_are_named_by_tomtom_on_either_strand(tmp_path):
    pytest.importorskip("memelite")
    (tmp_path / "two.meme").write_text(CRP)
    motifs = read_meme(tmp_path / "two.meme")
    eye = np.eye(4)
    found = tomtom([eye[encode("TGAGTCA")], eye[encode("TGACTCA")[::-1]]], motifs, n_nearest=2)
    assert found.groupby("query").first()["motif"].iloc[0] == "ap1"
    assert (found["q_value"] >= found["p_value"]).all()
    # as scipy's Benjamini-Hochberg over all four pairs, however many are returned
    np.testing.assert_allclose(found["q_value"], false_discovery_control(found["p_value"]), rtol=1e-9)
    best = tomtom([eye[encode("TGAGTCA")], eye[encode("TGACTCA")[::-1]]], motifs)
    assert best["q_value"].tolist() == found.groupby("query")["q_value"].first().tolist()
    codes = np.random.Generator(np.random.Philox(0)).integers(0, 4, (6, 120)).astype(np.uint8)
    codes[1, 32:39] = encode("TGACTCA")
    table = annotate_seqlets(codes, recursive_seqlets(planted(), threshold=1e-6), motifs)
    named = table[table["example"] == 1].iloc[0]
    assert named["motif"] == "ap1"
    assert named["motif_p_value"] < 0.05


def load(path):
    with np.load(path) as arrays:
        return arrays["arr_0"]


def test_modisco_reads_what_is_written_and_its_result_is_read(tmp_path):
    h5py = pytest.importorskip("h5py")
    codes = np.random.Generator(np.random.Philox(0)).integers(0, 4, (3, 50)).astype(np.uint8)
    values = np.random.Generator(np.random.Philox(1)).normal(size=(3, 50, 4)).astype(np.float32)
    hot, scores = (load(path) for path in write_modisco_inputs(tmp_path, codes, values))
    assert hot.shape == scores.shape == (3, 4, 50)  # (examples, bases, length), as `modisco motifs` documents
    np.testing.assert_array_equal(hot.argmax(axis=1), codes)
    np.testing.assert_array_equal(scores[2, :, 7], values[2, 7])
    with h5py.File(tmp_path / "out.h5", "w") as file:
        for k, n in ((0, 30), (10, 4), (2, 9)):
            one = file.create_group(f"pos_patterns/pattern_{k}")
            one["sequence"] = np.eye(4)[encode("AATGACTCAA")]
            one["contrib_scores"] = (
                np.array([0, 0.1, 1, 1, 1, 1, 1, 1, 1, 0])[:, None] * np.eye(4)[encode("AATGACTCAA")]
            )
            one["seqlets/n_seqlets"] = np.array([n])
    patterns = read_modisco(tmp_path / "out.h5")
    assert [(p.name, p.n_seqlets) for p in patterns] == [
        ("pos_patterns.pattern_0", 30), ("pos_patterns.pattern_2", 9), ("pos_patterns.pattern_10", 4),
    ]  # fmt: skip
    assert trimmed(patterns[0]).probabilities.argmax(axis=1).tolist() == encode("TGACTCA").tolist()
    (tmp_path / "no.h5").write_bytes(b"no")
    with pytest.raises(DataError, match="modisco motifs"):
        read_modisco(tmp_path / "no.h5")


def test_a_filter_becomes_the_motif_that_it_detects(small_model):
    model = small_model("deepbind", input_shape=60, kernel_size=7, filters=2)
    kernel = -np.ones((7, 4, 2), np.float32)
    kernel[np.arange(7), encode("TGACTCA"), 0] = 1.0
    layer = next(layer for layer in model.layers if "conv" in layer.name)
    layer.set_weights([kernel, np.array([-4.0, -99.0], np.float32)])
    codes = np.random.Generator(np.random.Philox(0)).integers(0, 4, (40, 60)).astype(np.uint8)
    codes[:, 20:27] = encode("TGACTCA")
    (found,) = filter_motifs(model, codes)
    assert found.probabilities.argmax(axis=1).tolist() == encode("TGACTCA").tolist()
    assert found.n_seqlets >= 40
    with pytest.raises(ModelError, match="does not begin with a convolution"):
        filter_motifs(small_model("dna_transformer"), np.zeros((1, 80), np.uint8))
