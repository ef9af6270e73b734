"""The table of docs/interpret.md from tangermeme's verbs to ours: every row runs and returns what it promises."""

from pathlib import Path

import numpy as np
import pytest

from deepbio import predict
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
    tomtom,
    window_mutagenesis,
)
from deepbio.sequence import decode, encode, gc_content, kmer_counts, one_hot, reverse_complement
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
PEAK = np.where((np.arange(40) > 10) & (np.arange(40) < 17), 1.0, 0.01 * np.sin(np.arange(80).reshape(2, 40)))
PEAK[1] = PEAK[1] * 0
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

    folder = meme.parent
    (folder / "g.fa").write_text(">chr1\n" + X[0] * 3 + "\n")
    header = "##fileformat=VCFv4.2\n##contig=<ID=chr1,length=120>\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    reference = X[0][60 % 40]
    (folder / "v.vcf").write_text(header + f"chr1\t61\t.\t{reference}\t{'A' if reference != 'A' else 'C'}\t.\t.\t.\n")
    score(model, folder / "v.vcf", fasta=folder / "g.fa", out=folder / "v.tsv")
    return "difference" in (folder / "v.tsv").read_text().splitlines()[0]


def _modisco_files(model, meme):
    from deepbio.interpret import write_modisco_inputs

    paths = write_modisco_inputs(meme.parent, X, np.ones((2, 40, 4)))
    return [np.load(path)["arr_0"].shape for path in paths] == [(2, 4, 40)] * 2


def _region(model, meme):
    from deepbio.genome import open_genome

    (meme.parent / "h.fa").write_text(">chr1\n" + X[1] * 3 + "\n")
    return decode(np.asarray(open_genome(meme.parent / "h.fa")["chr1"][40:80])) == X[1]


def _logo(model, meme):
    pytest.importorskip("logomaker")
    from deepbio.interpret import drawing

    _figure, (axes,) = drawing.new_figure()
    return drawing.draw_logo(np.eye(4), axes) is axes


def _matched(model, meme):
    pytest.importorskip("memelite")
    motifs = read_meme(meme)
    return tomtom([motifs[0].probabilities], motifs)["motif"].tolist() == ["ap1"]


def _annotated(model, meme):
    pytest.importorskip("memelite")
    none = recursive_seqlets(np.zeros((2, 40)))
    return {"motif", "motif_p_value"} <= set(annotate_seqlets(X, none, meme).columns)


CALLS = {
    "predict(model, X)": lambda m, _: predict(m, encode(X)).shape[0] == 2,
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
    "seqlet.tfmodisco_seqlets(X_attr)": _modisco_files,
    'annotate.annotate_seqlets(X, seqlets, "motifs.meme")': _annotated,
    "annotate.count_annotations(...)": lambda *_: (
        seqlets.assign(motif="ap1").groupby(["example", "motif"]).size().to_dict() == {(0, "ap1"): 1}
        if len(seqlets := recursive_seqlets(PEAK, threshold=1e-4))
        else False
    ),
    'marginalize(model, X, "GTGACTCATC")': lambda m, _: marginalize(m, X, "GTGACTCATC").change.shape == (1, 2),
    "ablate(model, X, start, end)": lambda m, _: ablate(m, X, 5, 15, n=3).after.shape == (1, 2, 3),
    "space(model, X, motifs, spacing)": lambda m, _: space(m, X, ("TGA", "CAT"), [0, 4]).after.shape == (1, 2, 4, 2),
    "ersatz.insert, ersatz.substitute, ersatz.multisubstitute": lambda *_: (
        decode(insert("AAAA", "CG"))[0], decode(substitute("AAAA", "CG"))[0],
        decode(multisubstitute("AAAAAA", ["C", "G"], spacing=2))[0],
    ) == ("AACGAA", "ACGA", "ACAAGA"),
    "ersatz.delete, ersatz.randomize": lambda m, _: (
        window_mutagenesis(m, X, edit="delete", width=4, step=4).shape
        == window_mutagenesis(m, X, edit="shuffle", width=4, step=4, n=2).shape
        == (2, 10)
    ),
    "ersatz.shuffle, ersatz.dinucleotide_shuffle": lambda *_: (
        shuffle(X, method="shuffle").shape == shuffle(X, method="dinucleotide").shape == (2, 1, 40)
    ),
    "io.extract_loci(loci, fasta)": _region,
    "io.read_meme": lambda _, meme: read_meme(meme)[0].name == "ap1",
    "plot.plot_logo": _logo,
    "variant_effect.substitution_effect, deletion_effect, insertion_effect": _scored,
    "tools.tomtom.tomtom(queries, targets)": _matched,
    "kmers.kmers(X, k)": lambda *_: kmer_counts(encode(X), 3).sum(axis=1).tolist() == [38, 38],
    "utils.one_hot_encode, utils.characters": lambda *_: decode(one_hot(encode(X)).argmax(-1).astype(np.uint8)) == X,
    "utils.reverse_complement, utils.gc_content": lambda *_: (
        decode(reverse_complement(encode("AACG"))) == "CGTT" and gc_content(encode("AACG")) == 0.5
    ),
}  # fmt: skip


def test_the_table_has_these_rows():
    text = GUIDE.read_text(encoding="utf-8")
    table = text[text.index("| tangermeme | deepbio.interpret |") :].split("\n\n")[0]
    assert [line.split(" | ")[0].strip("| ").replace("`", "") for line in table.splitlines()[2:]] == list(CALLS)


_SLOW = {"tools.tomtom.tomtom(queries, targets)"}  # numba compiles TOMTOM once in each environment


@pytest.mark.parametrize(
    "verb", [pytest.param(verb, marks=[pytest.mark.slow] if verb in _SLOW else []) for verb in CALLS]
)
def test_each_row_runs(verb, model, meme):
    assert CALLS[verb](model, meme)
