"""Predictions of several models over a genome: their average, the same bytes for any batch, or a refusal."""

from dataclasses import replace

import numpy as np
import pytest

from deepbio.errors import ModelError
from deepbio.genome import GenomeWindows, open_genome, read_bed
from deepbio.inference import predict, predict_genome
from deepbio.metrics import Temperature
from deepbio.sequence import decode, reverse_complement
from deepbio.specs import Reading, Task
from deepbio.zoo import describe, get_model
from deepbio.zoo.postprocessing import Postprocessing
from deepbio.zoo.preset import save_preset
from deepbio.zoo.record import attach


@pytest.fixture(scope="module")
def fasta(tmp_path_factory):
    path = tmp_path_factory.mktemp("genome") / "g.fa"
    codes = np.random.Generator(np.random.Philox(7)).integers(0, 4, (1, 700)).astype(np.uint8)
    path.write_text(f">chr1\n{decode(codes)[0]}\n", encoding="ascii")
    return path


@pytest.fixture
def bed(tmp_path):
    path = tmp_path / "a.bed"
    path.write_text("chr1\t100\t160\tx\t0\t-\nchr1\t300\t360\ty\t0\t+\nchr1\t5\t9\tz\t0\t+\n", encoding="utf-8")
    return path


def random_model(seed, *, task=None, reading=None, postprocessing=None, length=60, architecture="dna_cnn", **options):
    task = task or Task.classify(["closed", "open"])
    model = get_model(architecture, input_shape=length, outputs=task.outputs, seed=seed, **options)
    random = np.random.Generator(np.random.Philox(seed))
    for weight in model.weights:
        if not weight.path.endswith(("moving_variance", "gamma", "seed_generator_state")):
            weight.assign(random.normal(0, np.prod(weight.shape[:-1]) ** -0.5 / 2, weight.shape))
    return attach(model, replace(describe(model), task=task, reading=reading, postprocessing=postprocessing))


@pytest.fixture(scope="module")
def members():
    """Three models; the second is calibrated, and its threshold is of its own probabilities."""
    calibrated = Postprocessing("valid", 10, calibration=Temperature(3.0), thresholds=(0.01,), aim="youden")
    return [random_model(1), random_model(2, postprocessing=calibrated), random_model(3)]


def rows_of(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if not line.startswith(("#", "track"))]


def test_several_models_predict_the_mean_of_their_calibrated_probabilities(fasta, bed, members, tmp_path):
    predict_genome(members, fasta, tmp_path / "a.tsv", bed=bed)
    header, *rows = rows_of(tmp_path / "a.tsv")
    windows = GenomeWindows(open_genome(fasta), read_bed(bed), length=60)
    each = [predict(model, windows) for model in members]
    assert np.std(each, axis=0).min() > 0.001  # otherwise the mean would prove nothing
    assert header == ["id", "label", "p_closed", "p_open"]
    found = np.array([row[3] for row in rows], float)
    np.testing.assert_allclose(found, np.mean(each, axis=0), atol=1e-6)
    np.testing.assert_allclose(found, predict(members, windows), atol=1e-6)
    assert [row[1] for row in rows] == ["open" if p >= 0.5 else "closed" for p in found]  # not from 0.01


def test_both_strands_of_several_models_are_averaged(fasta, members, tmp_path):
    predict_genome(members, fasta, tmp_path / "a.tsv", tile=True, strands="both", stride=60)
    _, *rows = rows_of(tmp_path / "a.tsv")
    codes = np.asarray(open_genome(fasta)["chr1"])
    windows = np.stack([codes[start : start + 60] for start in range(0, 660, 60)])
    expected = np.mean([predict(members, windows), predict(members, reverse_complement(windows))], axis=0)
    np.testing.assert_allclose(np.array([row[3] for row in rows[:11]], float), expected, atol=1e-6)


@pytest.mark.parametrize("kind", ["tsv", "bedgraph", "bw"])
def test_the_bytes_of_an_average_do_not_depend_on_the_size_of_a_batch(fasta, members, tmp_path, kind):
    if kind == "bw":
        pytest.importorskip("pybigtools")
    for size in (1, 7, 5000):
        predict_genome(members, fasta, tmp_path / f"{size}.{kind}", tile=True, stride=3, batch_size=size)
    one, *others = ((tmp_path / f"{size}.{kind}").read_bytes() for size in (1, 7, 5000))
    assert all(other == one for other in others)


def test_a_list_of_one_model_writes_what_the_model_writes(fasta, members, tmp_path):
    for name, given in (("one", members[1]), ("list", [members[1]])):
        predict_genome(given, fasta, tmp_path / f"{name}.tsv", tile=True)
    assert (tmp_path / "one.tsv").read_bytes() == (tmp_path / "list.tsv").read_bytes()


def test_profiles_of_several_models_are_averaged_at_each_base(fasta, tmp_path):
    sizes = {"filters": 4, "num_layers": 2, "kernel_size": 11, "profile_kernel_size": 21}
    task = Task("profile", 2, ("plus", "minus"))
    models = [random_model(n, task=task, length=150, architecture="bpnet", **sizes) for n in (1, 2)]
    for name, given in (("both", models), ("one", models[0]), ("other", models[1])):
        predict_genome(given, fasta, tmp_path / f"{name}.tsv", tile=True, expected_counts=True)
    both, one, other = (
        np.array([row[3:] for row in rows_of(tmp_path / f"{name}.tsv")[1:]], float) for name in ("both", "one", "other")
    )
    assert len(both) == 700
    np.testing.assert_allclose(both, (one + other) / 2, rtol=1e-5)


def test_the_header_and_the_track_name_all_models(fasta, members, tmp_path):
    for n in (0, 2):
        save_preset(members[n], tmp_path / f"run_{n}")
    predict_genome([tmp_path / "run_0", tmp_path / "run_2"], fasta, tmp_path / "a.bedgraph", tile=True)
    text = (tmp_path / "a.bedgraph").read_text(encoding="utf-8")
    assert "# model: average of run_0, run_2\n" in text
    assert 'name="average of run_0, run_2 open"' in text


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"length": 62}, "equal windows; received 60 bases, 62 bases"),
        ({"task": Task.classify(["open", "closed"])}, "predict the same"),
        ({"task": Task.classify(["a", "b", "c"])}, "predict the same"),
    ],
)
def test_models_that_do_not_belong_together_are_refused_and_nothing_is_written(fasta, tmp_path, other, message):
    with pytest.raises(ModelError, match=message):
        predict_genome([random_model(1), random_model(2, **other)], fasta, tmp_path / "a.tsv", tile=True)
    assert list(tmp_path.iterdir()) == []


def test_no_model_is_refused(fasta, tmp_path):
    with pytest.raises(ModelError, match="at least one model"):
        predict_genome([], fasta, tmp_path / "a.tsv", tile=True)


def test_models_that_read_intervals_otherwise_are_refused_unless_the_reading_is_named(fasta, bed, tmp_path):
    models = [random_model(1, reading=Reading("bed", {"stranded": stranded})) for stranded in (True, False)]
    with pytest.raises(ModelError, match=r"stranded=True and stranded=False: pass stranded="):
        predict_genome(models, fasta, tmp_path / "a.tsv", bed=bed)
    assert not (tmp_path / "a.tsv").exists()
    predict_genome(models, fasta, tmp_path / "a.tsv", bed=bed, stranded=False)
    predict_genome(models, fasta, tmp_path / "b.tsv", tile=True)  # tiles have no strand
    assert len(rows_of(tmp_path / "a.tsv")) == 4
