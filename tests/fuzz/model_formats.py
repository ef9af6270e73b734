"""The files of models: weights, presets, tokenizers, recipes, cards, checkpoints and suites, where the fuzzers start."""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from deepbio.catalog import catalog_folder
from deepbio.errors import WeightsError
from tests.fuzz.formats import Format


def _make_h5(folder: Path) -> Path:
    source = catalog_folder("zoo") / "mmsplice_acceptor.cheng2019" / "model.weights.h5"
    return Path(shutil.copy(source, folder / "a.weights.h5"))


def _model() -> Any:
    from deepbio.zoo import get_model

    if "model" not in _KEPT:
        _KEPT["model"] = get_model("logistic", input_shape=6, outputs=3)
    return _KEPT["model"]


_KEPT: dict[str, Any] = {}


def _h5(path: Path) -> Any:
    from deepbio.zoo.weight_files import count_values

    return count_values(path)


def _make_small_h5(folder: Path) -> Path:
    from deepbio.zoo.weight_files import save_h5

    save_h5(_model(), folder / "b.weights.h5")
    return folder / "b.weights.h5"


def _make_safetensors(folder: Path) -> Path:
    from deepbio.zoo.weight_files import save_safetensors

    save_safetensors(_model(), folder / "a.safetensors")
    return folder / "a.safetensors"


def _weights(path: Path) -> Any:
    from deepbio.zoo.weight_files import load_weight_file

    load_weight_file(_model(), path)
    return _model()


def _document(preset: str, name: str) -> Callable[[Path], Path]:
    """Copy a document of a preset, with its other files beside it."""

    def make(folder: Path) -> Path:
        shutil.copytree(catalog_folder("zoo") / preset, folder / "preset", dirs_exist_ok=True)
        return folder / "preset" / name

    return make


def _preset(path: Path) -> Any:
    from deepbio.zoo.load_preset import record_of
    from deepbio.zoo.preset import read_preset

    return record_of(read_preset(path.parent), path.parent)


def _built(path: Path) -> Any:
    from deepbio.zoo import get_model

    return get_model(path.parent)


def _make_keras_preset(folder: Path) -> Path:
    """Train a model that deepbio did not build: its preset has a Keras description."""
    import keras

    from deepbio.datasets import load_dataset
    from deepbio.training import fit

    inputs = keras.Input((2,))
    model = keras.Model(inputs, keras.layers.Dense(1)(keras.layers.Dense(4, activation="tanh")(inputs)))
    fit(model, load_dataset("xor"), out=folder / "run", epochs=1, verbose=False)
    return folder / "run" / "preset.json"


def _make_bpe(folder: Path) -> Path:
    from deepbio.text import Tokenizer

    notes = ["fever and cough for three days", "no rash, no fever", "chronic cough"] * 5
    (folder / "tokenizer.json").write_text(Tokenizer.fit(notes, kind="bpe").to_json(), encoding="utf-8")
    return folder / "tokenizer.json"


def _tokenizer(path: Path) -> Any:
    from deepbio.text import Tokenizer

    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise WeightsError("no text") from None  # as the checksum of the preset refuses it
    return Tokenizer.from_json(text).encode(["fever and cough"], 8)


def _golden(path: Path) -> Any:
    from deepbio.documents import read_document
    from deepbio.zoo.preset_format import GoldenFacts

    return read_document(path, GoldenFacts)


def _checked(path: Path) -> Any:
    from deepbio.zoo.golden_outputs import check_golden_outputs

    if "mmsplice" not in _KEPT:
        from deepbio.zoo import get_model

        _KEPT["mmsplice"] = get_model(path.parent)
    return check_golden_outputs(_KEPT["mmsplice"], path.parent)


def _metrics(path: Path) -> Any:
    from deepbio.cli.trained import read_figures

    return read_figures(path.parent)


def _recipe(path: Path) -> Any:
    from deepbio.cli.recipe import read_recipe

    return read_recipe(path)


def _card(path: Path) -> Any:
    from deepbio.datasets import read_card

    return read_card(path)


def _suite(path: Path) -> Any:
    from deepbio.benchmark.suite import read_suite

    return list(read_suite(path).runs())


def _make_suite(folder: Path) -> Path:
    return Path(shutil.copy(catalog_folder("suites") / "quick.yaml", folder / "quick.yaml"))


def _make_checkpoint(folder: Path) -> Path:
    from deepbio.training.checkpoints.checkpoint import Checkpoints, State

    facts = {"callbacks": {}, "stop": False, "seconds": 1.0, "replicas": 1}
    state = State({"seed": 0}, 2, np.ones(3, np.float32), facts, {"weights/0": np.ones(4, np.float32)})
    return Checkpoints(folder).save(state, step=3)


def _checkpoint(path: Path) -> Any:
    """Read a checkpoint under the checksum of its changed bytes, as one who made it to do harm would name it."""
    from deepbio.files import sha256_of
    from deepbio.training.checkpoints.checkpoint import Checkpoints

    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "checkpoints").mkdir()
        name = f"00000003-{sha256_of(path)}.npz"
        (Path(folder) / "checkpoints" / name).write_bytes(path.read_bytes())
        return Checkpoints(Path(folder)).latest()


_SPLICE, _NOTES, _DONOR = "dna_cnn.uci_splice", "note_evidence.vignettes", "mmsplice_donor.cheng2019"

MODEL_FORMATS: dict[str, Format] = {
    "weights.h5": Format(_make_h5, _h5),
    "weights.h5 loaded": Format(_make_small_h5, _weights),
    "safetensors": Format(_make_safetensors, _weights),
    "preset.json": Format(_document(_SPLICE, "preset.json"), _preset, "json"),
    "preset.json built": Format(_document(_DONOR, "preset.json"), _built, "json"),
    "preset.json of Keras": Format(_make_keras_preset, _built, "json"),
    "tokenizer.json": Format(_document(_NOTES, "tokenizer.json"), _tokenizer, "json"),
    "tokenizer.json of BPE": Format(_make_bpe, _tokenizer, "json"),
    "expect.json": Format(_document(_SPLICE, "expect.json"), _golden, "json"),
    "expect.json compared": Format(_document(_DONOR, "expect.json"), _checked, "json"),
    "metrics.json": Format(_document(_SPLICE, "metrics.json"), _metrics, "json"),
    "recipe.yaml": Format(_document(_SPLICE, "recipe.yaml"), _recipe, "text"),
    "card.md": Format(_document(_SPLICE, "card.md"), _card, "text"),
    "checkpoint": Format(_make_checkpoint, _checkpoint, "zip"),
    "suite.yaml": Format(_make_suite, _suite, "text"),
}
