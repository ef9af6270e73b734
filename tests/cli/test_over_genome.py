"""`deepbio predict` over a genome: tiles, tracks and averages of several models from the command line."""

import numpy as np
import pytest

from deepbio.inference import predict
from deepbio.zoo import get_model

MODEL = "dna_cnn.ecoli_promoters"  # windows of 57 bases


@pytest.fixture
def genome(tmp_path):
    bases = "".join(np.random.default_rng(0).choice(list("ACGT"), 57 * 4))
    (tmp_path / "g.fa").write_text(f">chr1\n{bases}\n")
    return [bases[i : i + 57] for i in range(0, len(bases), 57)]


def rows_of(path):
    lines = path.read_text().splitlines()
    return [line.split("\t") for line in lines if not line.startswith(("#", "track", "id"))]


def test_tiles_of_a_chromosome_become_a_track(run, genome, tmp_path):
    code, _, err = run("predict", MODEL, "--genome", "g.fa", "--tile", "--chromosomes", "1", "-o", "p.bedgraph")
    assert code == 0, err
    assert "4 predictions written to p.bedgraph" in err
    expected = predict(get_model(MODEL), genome)
    found = np.array([row[3] for row in rows_of(tmp_path / "p.bedgraph")], float)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_several_models_are_averaged(run, trained, genome, tmp_path):
    other = trained / "ecoli_promoters"
    code, _, err = run("predict", MODEL, "--ensemble", other, "--genome", "g.fa", "--tile", "-o", "p.tsv")
    assert code == 0, err
    expected = predict([get_model(MODEL), get_model(other)], genome)
    found = np.array([row[3] for row in rows_of(tmp_path / "p.tsv")], float)
    np.testing.assert_allclose(found, expected, rtol=1e-4)
    assert f"# model: average of {MODEL}, ecoli_promoters" in (tmp_path / "p.tsv").read_text()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--tile",), "add --genome FASTA"),
        (("g.fa", "--ensemble", MODEL), "--ensemble is for predictions over a genome"),
        (("--genome", "g.fa", "--ensemble", MODEL), "Expected intervals (--bed FILE), or --tile"),
        (("--genome", "g.fa", "--tile", "--ensemble", "no_such_run"), "no run or pretrained model"),
        (("--genome", "g.fa", "--tile", "--sets"), "are for tables of windows"),
    ],
)
def test_what_cannot_be_predicted_is_refused_with_the_next_step(run, genome, tmp_path, options, message):
    code, _, err = run("predict", MODEL, *options, "-o", "p.tsv")
    assert code == 2
    assert message in " ".join(err.split())
    assert not (tmp_path / "p.tsv").exists()
