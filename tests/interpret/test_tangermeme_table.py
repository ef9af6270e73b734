"""The table of docs/interpret.md from tangermeme's verbs to ours: every row runs and returns what it promises."""

from pathlib import Path

import numpy as np
import pytest

from deepbio.interpret import (
    ablate,
    annotate_seqlets,
    deep_lift_shap,
    insert,
    marginalize,
    multisubstitute,
    read_meme,
    recursive_seqlets,
    saturation_mutagenesis,
    shuffle,
    space,
    substitute,
)
from deepbio.sequence import decode
from deepbio.zoo import get_model

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "interpret.md"
MEME = """MEME version 4
ALPHABET= ACGT
MOTIF ap1
letter-probability matrix: alength= 4 w= 3 nsites= 20 E= 0
 0.01 0.01 0.01 0.97
 0.01 0.01 0.97 0.01
 0.97 0.01 0.01 0.01
"""
X = ["ACGTTGCATTGCACCACGTTGCATTGCACCACGTTGCATT", "GGATCCATGGATCCATGGATCCATGGATCCATGGATCCAT"]


@pytest.fixture(scope="module")
def model():
    return get_model("deepbind", input_shape=40, outputs=1, seed=1)


@pytest.fixture(scope="module")
def meme(tmp_path_factory):
    path = tmp_path_factory.mktemp("meme") / "motifs.meme"
    path.write_text(MEME)
    return path


def _scored(model, meme):
    from deepbio.variants import score

    return score.__name__ == "score"


def _logo(model, meme):
    pytest.importorskip("logomaker")
    from deepbio.interpret import drawing

    _figure, (axes,) = drawing.new_figure()
    return drawing.draw_logo(np.eye(4), axes) is axes


def _annotated(model, meme):
    pytest.importorskip("memelite")
    none = recursive_seqlets(np.zeros((2, 40)))
    return {"motif", "motif_p_value"} <= set(annotate_seqlets(X, none, meme).columns)


CALLS = {
    "deep_lift_shap(model, X, target=0)": lambda m, _: deep_lift_shap(m, X, target=0, n_references=2).shape == (2, 40, 4),
    "deep_lift_shap(..., hypothetical=True)": lambda m, _: (
        (deep_lift_shap(m, X, hypothetical=True, n_references=2) != 0).sum() > 80
    ),
    "deep_lift_shap(..., references=R)": lambda m, _: (
        deep_lift_shap(m, X, references=np.zeros((2, 3, 40, 4), np.float32)).shape == (2, 40, 4)
    ),
    "saturation_mutagenesis(model, X)": lambda m, _: saturation_mutagenesis(m, X, target=0).shape == (2, 40, 4),
    "saturation_mutagenesis(..., raw_outputs=True)": lambda m, _: (
        saturation_mutagenesis(m, X, raw_outputs=True).substitutions.shape == (2, 40, 4, 1)
    ),
    "seqlet.recursive_seqlets(X_attr)": lambda *_: len(recursive_seqlets(np.zeros((2, 40)))) == 0,
    'annotate.annotate_seqlets(X, seqlets, "motifs.meme")': _annotated,
    'marginalize(model, X, "GTGACTCATC")': lambda m, _: marginalize(m, X, "GTGACTCATC").change.shape == (1, 2),
    "ablate(model, X, start, end)": lambda m, _: ablate(m, X, 5, 15, n=3).after.shape == (1, 2, 3),
    "space(model, X, motifs, spacing)": lambda m, _: space(m, X, ("TGA", "CAT"), [0, 4]).after.shape == (1, 2, 4, 2),
    "ersatz.insert, ersatz.substitute, ersatz.multisubstitute": lambda *_: (
        decode(insert("AAAA", "CG"))[0], decode(substitute("AAAA", "CG"))[0],
        decode(multisubstitute("AAAAAA", ["C", "G"], spacing=2))[0],
    ) == ("AACGAA", "ACGA", "ACAAGA"),
    "ersatz.shuffle, ersatz.dinucleotide_shuffle": lambda *_: (
        shuffle(X, method="shuffle").shape == shuffle(X, method="dinucleotide").shape == (2, 1, 40)
    ),
    "io.read_meme": lambda _, meme: read_meme(meme)[0].name == "ap1",
    "plot.plot_logo": _logo,
    "variant_effect.substitution_effect": _scored,
}  # fmt: skip


def test_the_table_has_these_rows():
    text = GUIDE.read_text(encoding="utf-8")
    table = text[text.index("| tangermeme | deepbio.interpret |") :].split("\n\n")[0]
    assert [line.split(" | ")[0].strip("| ").replace("`", "") for line in table.splitlines()[2:]] == list(CALLS)


@pytest.mark.parametrize("verb", CALLS)
def test_each_row_runs(verb, model, meme):
    assert CALLS[verb](model, meme)
