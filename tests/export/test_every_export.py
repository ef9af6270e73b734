"""Each model of the registry is exported to each format, or refused; the refusals are listed here."""

import contextlib

import numpy as np
import pytest

from deepbio.errors import ModelError
from deepbio.export import export, load_exported
from deepbio.inference import predict
from deepbio.zoo import model_spec
from tests.zoo.test_every_model import every_modality, perturb, some_input, tiny_dataset, tiny_model

RUNTIMES = {"onnx": "onnxruntime", "openvino": "openvino", "litert": "ai_edge_litert", "torch": "torch"}
# LiteRT has loops over time only with TensorFlow's own operations ("Flex"), which its interpreter does not contain.
RECURRENT = {"danq", "danq_jaspar", "dream_rnn", "note_lstm", "bilstm", "gru", "han"}
# torch.export fixes the batch size of Keras's masked loops over time, of counts of words and of a table of sentences.
BATCHES = {"note_lstm", "bilstm", "gru", "han", "bag_of_words"}
# Neither ONNX Runtime nor OpenVINO computes the Fourier transforms of Hyena, and LiteRT does so in Flex.
FOURIER = {"hyenadna"}
# OpenVINO 2026.4 does not read ONNX's loops over masked words, and its `caml` returns predictions that are wrong by 0.01.
MASKED = {"note_lstm", "bilstm", "gru", "han"}
# On an AMD EPYC, LiteRT's kernels (XNNPACK) return NaN for the first convolution of small networks of this form: refused there.
BY_PROCESSOR = {"litert": {"enformer", "borzoi"}}
REFUSED = {
    "litert": RECURRENT | FOURIER, "torch": BATCHES, "onnx": FOURIER, "openvino": FOURIER | MASKED | {"caml"},
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "format", ["saved_model", "onnx", "openvino", "litert", pytest.param("torch", marks=pytest.mark.peers)]
)
@pytest.mark.parametrize(("name", "modality"), every_modality())
def test_each_model_is_exported_or_refused(name, modality, format, tmp_path):
    if format in RUNTIMES:
        pytest.importorskip(RUNTIMES[format], reason=f"the runtime of {format} is not installed")
    model = tiny_model(name, tiny_dataset(name, modality), seed=0)
    perturb(model)
    if model_spec(name).function in REFUSED.get(format, ()):
        with pytest.raises(ModelError):
            export(model, tmp_path / "out", format=format)
        return
    refused_here = model_spec(name).function in BY_PROCESSOR.get(format, ())
    with contextlib.suppress(ModelError) if refused_here else contextlib.nullcontext():
        found = export(model, tmp_path / "out", format=format)
    if refused_here and not (tmp_path / "out").exists():
        return
    assert found.difference <= 1e-5
    x = some_input(tiny_dataset(name, modality).input, 5)
    expected = predict(model, x)
    np.testing.assert_allclose(
        load_exported(found.path, trusted=True)(x), expected, rtol=1e-4, atol=1e-5 * max(1, np.abs(expected).max())
    )
