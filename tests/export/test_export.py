"""An exported model returns what `predict` returns, in the runtime of its format, or is not written."""

import json
from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf

from deepbio.datasets import load_dataset
from deepbio.errors import DataError, DeepbioError, ModelError, WeightsError
from deepbio.export import compare_exported, export, load_exported
from deepbio.export import export as export_module
from deepbio.export.deployable import deployable
from deepbio.inference import calibrate, predict
from deepbio.metrics.calibration import Isotonic, Platt, Temperature
from deepbio.sequence import encode
from deepbio.specs import ModelInput, Task
from deepbio.zoo import Postprocessing, describe, get_model
from deepbio.zoo.record import ModelRecord, attach

RUNTIMES = {"onnx": "onnxruntime", "openvino": "openvino", "litert": "ai_edge_litert"}


@pytest.fixture(scope="module")
def xor():
    data = load_dataset("xor")
    return calibrate(get_model("mlp", dataset=data, seed=0), data.valid), data


def identity(task, postprocessing):
    """Return a model whose logits are its inputs."""
    inputs = keras.Input((task.outputs,))
    model = keras.Model(inputs, keras.layers.Activation("linear")(inputs))
    input = ModelInput("table", (task.outputs,))
    return attach(model, ModelRecord(None, input=input, outputs=task.outputs, task=task, postprocessing=postprocessing))


@pytest.mark.parametrize(
    ("task", "calibration"),
    [
        (Task("binary", 1), None),
        (Task("binary", 1), Temperature(2.5)),
        (Task("binary", 1), Platt(0.7, -0.4)),
        (Task("binary", 1), Isotonic((0.1, 0.3, 0.8), (0.0, 0.5, 0.9))),
        (Task("multiclass", 3, ("a", "b", "c")), Temperature(0.6, classes=True)),
        (Task("multilabel", 2, ("a", "b")), Platt(1.4, 0.2)),
        (Task("regression", 2), None),
        (Task("counts", 2), None),
    ],
)
def test_the_deployable_model_returns_the_predictions_of_predict(task, calibration):
    model = identity(task, Postprocessing("valid", 9, calibration=calibration))
    x = np.random.default_rng(0).normal(0, 4, (50, task.outputs)).astype("float32")
    found = np.asarray(deployable(model)(x))
    expected = predict(model, x)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_a_saved_model_needs_tensorflow_alone(xor, tmp_path):
    model, data = xor
    found = export(model, tmp_path / "out", format="saved_model")
    served = tf.saved_model.load(str(found.path)).signatures["serving_default"](tf.constant(data.test.x))
    np.testing.assert_allclose(np.ravel(*served.values()), predict(model, data.test), atol=1e-6)
    facts = json.loads((tmp_path / "out" / "deepbio.json").read_text())
    assert facts["task"]["labels"] == ["same", "different"]
    assert facts["calibrated"] is True
    np.testing.assert_allclose(
        load_exported(tmp_path / "out")(np.float32(facts["golden"]["inputs"])),
        facts["golden"]["predictions"],
        atol=1e-6,
    )


def test_a_saved_model_of_dna_takes_strings_of_its_length_only(tmp_path):
    model = get_model("dna_cnn", input_shape=60, outputs=1, seed=0)
    attach(model, replace(describe(model), task=Task("binary", 1, ("no", "yes"))))
    found = export(model, tmp_path / "out", format="saved_model")
    served = tf.saved_model.load(str(found.path))
    texts = ["ACGTN" * 12, "acgtu" * 12, "TTTTT" * 12]
    expected = predict(model, np.stack([encode(text) for text in texts]))
    np.testing.assert_allclose(served.sequences(tf.constant(texts)), expected, atol=1e-6)
    with pytest.raises(tf.errors.InvalidArgumentError, match="60 bases"):
        served.sequences(tf.constant(["ACGT"]))


@pytest.mark.peers
@pytest.mark.timeout(1200)
def test_a_program_of_pytorch_returns_the_predictions_of_predict_for_any_batch(xor, tmp_path):
    pytest.importorskip("torch", reason="torch is not installed")
    model, data = xor
    found = export(model, tmp_path / "out", format="torch")
    run = load_exported(tmp_path / "out", trusted=True)
    for n in (1, 2, 200):
        np.testing.assert_allclose(run(data.test.x[:n]), predict(model, data.test.x[:n]), atol=1e-6)
    assert found.difference < 1e-6


def test_a_program_of_pytorch_is_loaded_only_if_its_author_is_known(tmp_path):
    (tmp_path / "model.pt2").write_bytes(b"anything")
    with pytest.raises(WeightsError, match="can run code .* pass trusted=True"):
        load_exported(tmp_path)


@pytest.mark.peers
@pytest.mark.timeout(1200)
def test_what_pytorch_cannot_express_is_refused_in_one_line(tmp_path):
    pytest.importorskip("torch", reason="torch is not installed")
    model = get_model("bag_of_words", input_shape=8, outputs=1, vocabulary_size=20, seed=0)
    attach(model, replace(describe(model), task=Task("binary", 1, ("no", "yes"))))
    with pytest.raises(ModelError, match=r"^PyTorch cannot express bag_of_words: .* Choose another format\.$"):
        export(model, tmp_path / "out", format="torch")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("format", RUNTIMES)
def test_a_format_returns_the_predictions_of_predict(xor, tmp_path, format):
    pytest.importorskip(RUNTIMES[format], reason=f"the runtime of {format} is not installed")
    model, data = xor
    found = export(model, tmp_path / "out", format=format)
    assert found.difference < 1e-6
    np.testing.assert_allclose(load_exported(tmp_path / "out")(data.test.x), predict(model, data.test), atol=1e-6)


@pytest.mark.parametrize("format", ["onnx", "litert"])
def test_int8_is_smaller_and_its_loss_is_returned(xor, tmp_path, format):
    pytest.importorskip(RUNTIMES[format], reason=f"the runtime of {format} is not installed")
    _, data = xor
    model = get_model("mlp", dataset=data, units=(256, 256), seed=0)
    whole = export(model, tmp_path / "whole", format=format)
    found = export(model, tmp_path / "int8", format=format, int8=True)
    assert found.size < 0.5 * whole.size
    before, after = compare_exported(model, found, data.valid)
    assert after.metrics["accuracy"].value == pytest.approx(before.metrics["accuracy"].value, abs=0.02)


@pytest.mark.parametrize("format", ["saved_model", *RUNTIMES])
def test_a_disk_that_is_full_is_named_and_nothing_is_left(tmp_path, format):
    resource = pytest.importorskip("resource", reason="Windows has no limit of the size of a file")
    pytest.importorskip(RUNTIMES.get(format, "tensorflow"), reason=f"the runtime of {format} is not installed")
    model = get_model("mlp", dataset=load_dataset("xor"), units=(64, 64), seed=0)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, before[1]))
    try:
        with pytest.raises(DeepbioError, match=r"^Cannot write .*out: File too large\.$"):
            export(model, tmp_path / "out", format=format)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(tmp_path.iterdir()) == []


def test_only_an_export_is_replaced(xor, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "preset.json").write_text("{}")
    with pytest.raises(DataError, match="run exists and is no export. Choose another folder.$"):
        export(xor[0], tmp_path / "run", format="saved_model", overwrite=True)
    with pytest.raises(DeepbioError, match=r"Cannot write .*: File name too long"):
        export(xor[0], tmp_path / ("o" * 300), format="saved_model")
    assert export(xor[0], tmp_path / ("o" * 240), format="saved_model").folder.is_dir()


def test_a_network_that_returns_other_numbers_is_not_written(xor, tmp_path, monkeypatch):
    model, _ = xor
    run = export_module.__globals__["load_exported"]
    monkeypatch.setitem(
        export_module.__globals__, "load_exported", lambda path, trusted: lambda x: run(path, trusted=trusted)(x) + 1e-3
    )
    with pytest.raises(ModelError, match=r"difference 1\.0e-03, allowed 1e-05"):
        export(model, tmp_path / "out", format="saved_model")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"format": "onx"}, "Did you mean onnx"),
        ({"format": "openvino", "int8": True}, "no int8 form"),
        ({"server": "triton", "format": "saved_model"}, "triton loads format 'onnx'"),
        ({"server": "apache"}, "Expected server 'tf-serving' or 'triton'"),
    ],
)
def test_an_option_that_does_not_exist_is_refused_before_anything_is_written(xor, tmp_path, options, message):
    with pytest.raises(DataError, match=message):
        export(xor[0], tmp_path / "out", **options)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_something_else_is_never_replaced(xor, tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(DataError, match="exists"):
        export(xor[0], tmp_path, format="saved_model", overwrite=True)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_a_model_without_task_is_refused():
    with pytest.raises(ModelError, match="needs a task"):
        deployable(get_model("mlp", input_shape=3, outputs=1))


def test_tensorflow_serving_finds_version_1(xor, tmp_path):
    found = export(xor[0], tmp_path / "xor", format="saved_model", server="tf-serving")
    assert (tmp_path / "xor" / "1" / "saved_model.pb").is_file()
    assert load_exported(found.path)(np.zeros((1, 2), "float32")).shape == (1,)


def test_triton_finds_its_repository(xor, tmp_path):
    pytest.importorskip("onnxruntime", reason="the runtime of onnx is not installed")
    export(xor[0], tmp_path / "xor", format="onnx", server="triton")
    assert (tmp_path / "xor" / "mlp" / "1" / "model.onnx").is_file()
    config = (tmp_path / "xor" / "mlp" / "config.pbtxt").read_text()
    assert 'platform: "onnxruntime_onnx"' in config
    assert 'name: "table", data_type: TYPE_FP32, dims: [ 2 ]' in config
