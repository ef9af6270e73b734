"""New files are read as those of training were: predictions by path equal those of the data set, and labels match by name."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest

from deepbio.datasets import Dataset
from deepbio.errors import DataError
from deepbio.inference import evaluate, predict
from deepbio.inference.inputs import as_source, as_split
from deepbio.zoo import describe, get_model
from deepbio.zoo.preset import save_preset
from tests.inference.file_cases import CASES, MADE


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Write each set of files once."""
    folders = {}

    def make(name):
        if name not in folders:
            folders[name] = tmp_path_factory.mktemp(name)
            MADE[name](folders[name])
        return folders[name]

    return make


def _model(data, folder):
    """Return a model of random weights, from the preset that `fit` would write."""
    model = get_model("bag_of_words" if data.input.modality == "text" else "logistic", dataset=data, seed=0)
    draw = np.random.default_rng(0)
    model.set_weights(
        [w if w.ndim == 0 else draw.normal(size=w.shape, scale=0.1).astype(w.dtype) for w in model.get_weights()]
    )
    save_preset(model, folder)
    return get_model(folder)


def _trained(made, tmp_path, case):
    name, kind, files, options = CASES[case]
    folder = made(name)
    paths = {key: folder / file for key, file in files.items()} if isinstance(files, dict) else folder / files
    genome = {"genome": folder / "g.fa"} if kind in ("bed", "vcf") else {}
    build = getattr(Dataset, f"from_{kind}")
    data = build(genome["genome"], paths, **options) if genome else build(paths, **options)
    return data, _model(data, tmp_path / "run"), paths, genome


def _by_name(names, values):
    return dict(zip(map(str, names), np.asarray(values), strict=True))


@pytest.mark.parametrize("case", CASES)
def test_files_are_predicted_as_the_data_set_was(made, tmp_path, case):
    data, model, paths, genome = _trained(made, tmp_path, case)
    record = describe(model)
    assert record.reading == data.reading
    source, ids = as_source(record, paths, **genome)
    found = _by_name(ids, predict(model, paths, **genome))
    np.testing.assert_array_equal(list(found.values()), predict(model, source))
    whole = as_split(record, paths, **genome)
    truth = _by_name(whole.names(np.arange(len(whole))), whole.y)
    parts = [part for _, part in data.splits()]
    assert sum(map(len, parts)) == len(found) == len(truth)
    for part in parts:
        names = part.names(np.arange(len(part)))
        np.testing.assert_allclose([found[name] for name in names], predict(model, part), atol=1e-6, rtol=0)
        np.testing.assert_array_equal([truth[name] for name in names], np.asarray(part.y))
    assert np.ptp(predict(model, source), axis=0).min() > 1e-3  # the examples differ to the model


def test_tracks_and_peaks_are_windows_of_a_genome(made, tmp_path):
    pybigtools = pytest.importorskip("pybigtools", reason="needs the extra 'genomics'")
    anndata = pytest.importorskip("anndata", reason="needs the extra 'data'")
    folder = made("dna")
    genome, bed, track = folder / "g.fa", folder / "open.bed", folder / "a.bw"
    values = ((f"chr{c}", i, i + 1, float(i % 7 + 1)) for c in range(1, 5) for i in range(0, 500, 3))
    pybigtools.open(str(track), "w").write({f"chr{i}": 500 for i in range(1, 5)}, values)
    data = Dataset.from_bigwig(genome, bed, {"signal": track}, length=30, stranded=False)
    model = _model(data, tmp_path / "tracks")
    for part in (data.train, data.test):
        found = _by_name(as_source(describe(model), bed, genome=genome)[1], predict(model, bed, genome=genome))
        names = part.names(np.arange(len(part)))
        np.testing.assert_allclose([found[name] for name in names], predict(model, part), atol=1e-6)
    whole = as_split(describe(model), bed, genome=genome, bigwig={"signal": track})
    assert sorted(whole.y[:, 0]) == sorted(np.concatenate([np.asarray(part.y)[:, 0] for _, part in data.splits()]))
    names = [f"chr{c}:{s}-{s + 9}" for c in range(1, 5) for s in range(0, 460, 20)]
    x = np.random.default_rng(0).random((2, len(names))).astype(np.float32)
    peaks = anndata.AnnData(x, obs=pd.DataFrame(index=["T", "B"]), var=pd.DataFrame(index=names))
    data = Dataset.from_anndata(peaks, genome=genome, length=30)
    model = _model(data, tmp_path / "peaks")
    found = _by_name(as_source(describe(model), peaks, genome=genome)[1], predict(model, peaks, genome=genome))
    names = data.test.names(np.arange(len(data.test)))
    np.testing.assert_allclose([found[name] for name in names], predict(model, data.test), atol=1e-6)


def test_a_preset_without_a_record_reads_what_is_unambiguous(made, tmp_path):
    data, model, paths, _ = _trained(made, tmp_path, "a folder through a window")
    file = tmp_path / "run" / "preset.json"
    preset = json.loads(file.read_text())
    assert preset.pop("reading") == {"source": "folder", "options": data.reading.options}
    file.write_text(json.dumps(preset))
    old = get_model(tmp_path / "run")
    with pytest.raises(DataError, match="--window"):
        predict(old, paths)
    np.testing.assert_array_equal(predict(old, paths, window=(2000, 1000)), predict(model, paths))
    grey = made("images") / "grey"
    np.testing.assert_array_equal(predict(old, grey), predict(model, grey))


def test_a_file_that_the_model_was_trained_on_is_told(made, tmp_path, caplog):
    data, model, path, _ = _trained(made, tmp_path, next(name for name in CASES if CASES[name][1] == "csv"))
    save_preset(model, tmp_path / "again", dataset={"name": data.name, "options": data.options})
    model = get_model(tmp_path / "again")
    evaluate(model, path, n_resamples=0)
    assert f"trained on {path.name}: figures of the whole of it are better" in caplog.text
    caplog.clear()
    other = shutil.copy(path, tmp_path / f"other{path.suffix}")
    evaluate(model, other, n_resamples=0)
    assert "trained on" not in caplog.text


def test_the_positive_label_is_named(breast_cancer_model, breast_cancer):
    found = evaluate(breast_cancer_model, breast_cancer.test, n_resamples=0)
    assert f"examples; {breast_cancer.task.labels[1]} is positive, " in str(found)
