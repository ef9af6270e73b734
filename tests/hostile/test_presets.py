"""A preset of a stranger runs no code, reads no other file, and names no size that its weights do not have."""

import json
import os
import resource
import shutil

import h5py
import keras
import numpy as np
import pytest

from deepbio.catalog import catalog_folder
from deepbio.datasets import load_dataset
from deepbio.errors import DeepbioError, WeightsError
from deepbio.files import sha256_of
from deepbio.training import fit
from deepbio.zoo import get_model
from deepbio.zoo.declared_sizes import check_keras_description, without_memory
from deepbio.zoo.golden_outputs import check_golden_outputs
from deepbio.zoo.weight_files import count_values


@pytest.fixture
def preset(tmp_path):
    return shutil.copytree(catalog_folder("zoo") / "mmsplice_donor.cheng2019", tmp_path / "preset")


@pytest.fixture(scope="module")
def keras_preset(tmp_path_factory):
    """Return the folder of a model that deepbio did not build, with its Keras description in preset.json."""
    data = load_dataset("xor")
    inputs = keras.Input((2,))
    model = keras.Model(inputs, keras.layers.Dense(1)(keras.layers.Dense(4, activation="tanh")(inputs)))
    folder = tmp_path_factory.mktemp("runs") / "mine"
    fit(model, data, out=folder, epochs=1, verbose=False)
    return folder


def change(folder, **entries):
    content = json.loads((folder / "preset.json").read_text())
    content.update(entries)
    (folder / "preset.json").write_text(json.dumps(content))


LAYERS = {
    "a Lambda, CVE-2024-3660": {"class_name": "Lambda", "module": "keras.layers", "config": {"function": "x"}},
    "a function by module and name, CVE-2025-1550": {"class_name": "function", "module": "os", "config": "system"},
    "a class of another package, CVE-2025-1550": {"class_name": "Popen", "module": "subprocess", "config": {"args": "id"}},
    "get_file as a function, CVE-2025-8747": {"class_name": "function", "module": "keras.utils", "config": "get_file"},
    "unsafe deserialization switched on, CVE-2025-9906": {
        "class_name": "function", "module": "keras.config", "config": "enable_unsafe_deserialization",
    },
    "a Lambda of a legacy file, CVE-2025-9905": {"class_name": "Lambda", "config": {"function": ["4wEA", None, None]}},
    "a vocabulary read from a path, CVE-2025-12058": {
        "class_name": "StringLookup", "module": "keras.layers", "config": {"vocabulary": "/etc/passwd"},
    },
    "an archive unpacked by get_file, CVE-2025-12060": {
        "class_name": "function", "module": "keras.src.utils.file_utils", "config": "get_file",
    },
    "a SavedModel": {"class_name": "TFSMLayer", "module": "keras.layers", "config": {"filepath": "x"}},
}  # fmt: skip


@pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS)
def test_a_network_description_that_could_run_code_is_refused(layer, keras_preset, tmp_path):
    folder = shutil.copytree(keras_preset, tmp_path / "copy")
    content = json.loads((folder / "preset.json").read_text())
    content["keras"]["config"]["layers"].append({"name": "evil", "inbound_nodes": [], **layer})
    (folder / "preset.json").write_text(json.dumps(content))
    with pytest.raises(WeightsError, match="could run code or read files"):
        get_model(folder)


def test_the_description_of_an_honest_network_is_accepted(keras_preset):
    description = json.loads((keras_preset / "preset.json").read_text())["keras"]
    check_keras_description(description, keras_preset, values=17, arrays=4)
    assert get_model(keras_preset).count_params() == 17


@pytest.mark.parametrize("key", ["filters", "kernel_size", "num_layers", "units"])
def test_an_option_far_larger_than_the_weights_is_refused_before_it_is_built(preset, key):
    change(preset, config={key: 2_000_000_000})
    with pytest.raises(DeepbioError, match="the weight file has"):
        get_model(preset)


def test_more_outputs_than_the_weight_file_has_values_are_refused(preset):
    change(preset, architecture="logistic", config={}, outputs=900_000)
    with pytest.raises(DeepbioError):
        get_model(preset)


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ({"input": {"modality": "dna", "shape": [2**31]}}, "2\\*\\*30 values"),
        ({"input": {"modality": "dna", "shape": ["18"]}}, "input.shape.0"),
        ({"outputs": True}, "outputs"),
        ({"seed": 10**30}, "seed"),
        ({"config": []}, "config"),
        ({"members": [{}] * 65}, "members"),
        ({"weights": {"file": "model.weights.h5", "sha256": "0"}}, "weights.sha256"),
        (
            {"weights": {"file": "m.weights.h5", "url": "https://x", "sha256": "0" * 64}},
            "one of file, installed and url",
        ),
        ({"pickle": "x"}, "pickle"),
    ],
)
def test_an_entry_of_another_type_or_size_is_named(preset, entries, words):
    change(preset, **entries)
    with pytest.raises(WeightsError, match=words):
        get_model(preset)


def test_a_path_inside_an_installed_package_cannot_leave_it(preset):
    entry = {"distribution": "numpy", "version": np.__version__, "file": "../../../../etc/passwd"}
    change(preset, weights={"installed": entry, "sha256": "0" * 64})
    with pytest.raises(WeightsError, match="not inside the package"):
        get_model(preset)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("[" * 100_000, "deep"),
        ('{"a": ' * 70 + "1" + "}" * 70, "at most 60 parts"),
        ('{"format": 2, "format": 3}', "repeated"),
        ('{"format": NaN}', "not valid JSON"),
        ('{"format": "\\ud800"}', "not valid JSON"),
        ("9" * 5000, "not valid JSON"),
        ("\xff", "no format number|not valid JSON"),
    ],
)
def test_json_made_to_do_harm_is_one_error(preset, content, words):
    (preset / "preset.json").write_bytes(content.encode("latin-1"))
    with pytest.raises(WeightsError, match=words):
        get_model(preset)


def test_a_pipe_in_place_of_a_document_is_refused_unread(preset):
    for name in ("preset.json", "model.weights.h5"):
        folder = shutil.copytree(preset, preset.with_name(f"copy {name}"))
        (folder / name).unlink()
        os.mkfifo(folder / name)
        with pytest.raises(WeightsError, match="pipe"):
            get_model(folder)


def test_a_device_in_place_of_the_card_is_refused(preset):
    from deepbio.datasets import read_card

    (preset / "card.md").unlink()
    (preset / "card.md").symlink_to("/dev/zero")
    with pytest.raises(DeepbioError, match="device"):
        read_card(preset)


def test_golden_outputs_of_another_shape_or_number_are_refused(preset):
    model = get_model(preset)
    for logits in ([[1.0]] * 3 + [[2.0]], [["x"]] * 3, [[[1.0]]], [[float("1e999")]] * 3):
        content = {"examples": 3, "inputs": "deepbio.zoo.golden_outputs.golden_inputs", "logits": logits}
        (preset / "expect.json").write_text(json.dumps(content))
        with pytest.raises(WeightsError):
            check_golden_outputs(model, preset)
    (preset / "expect.json").write_text('{"examples": 1000000000, "inputs": "x", "logits": []}')
    with pytest.raises(WeightsError, match="examples"):
        check_golden_outputs(model, preset)


def test_a_group_that_contains_itself_is_refused(tmp_path):
    with h5py.File(tmp_path / "a.weights.h5", "w") as file:
        file.create_group("a")
        file["a/again"] = file["a"]
    with pytest.raises(WeightsError, match="appears twice"):
        count_values(tmp_path / "a.weights.h5")


def test_objects_in_a_weight_file_are_refused(tmp_path):
    with h5py.File(tmp_path / "a.weights.h5", "w") as file:
        file.create_dataset("a", data="x", dtype=h5py.string_dtype())
    with pytest.raises(WeightsError, match="not numbers"):
        count_values(tmp_path / "a.weights.h5")


def test_a_tokenizer_with_a_regular_expression_or_a_padding_is_refused():
    from deepbio.text import Tokenizer

    text = Tokenizer.fit(["fever and cough"] * 2).to_json()
    for changes in (
        {"pre_tokenizer": {"type": "Split", "pattern": {"Regex": "(a+)+$"}, "behavior": "Isolated", "invert": False}},
        {"normalizer": {"type": "Sequence", "normalizers": [{"type": "Replace", "pattern": {"Regex": "(a|a)*"}}]}},
        {"padding": {"strategy": {"Fixed": 10**9}, "pad_id": 0}},
        {"model": {"type": "WordLevel", "vocab": {"[PAD]": 0, "[UNK]": 4_000_000_000}, "unk_token": "[UNK]"}},
    ):
        with pytest.raises(DeepbioError, match="to_json"):
            Tokenizer.from_json(json.dumps({**json.loads(text), **changes}))


def test_the_weights_of_the_preset_load_although_all_this_is_refused(preset):
    entry = json.loads((preset / "preset.json").read_text())["weights"]
    assert sha256_of(preset / entry["file"]) == entry["sha256"]
    assert check_golden_outputs(get_model(preset), preset) <= 1e-5


def test_a_network_that_was_only_counted_is_never_created():
    with without_memory():
        counted = keras.Sequential([keras.Input((20_000,)), keras.layers.Dense(20_000)])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    keras.layers.Lambda(lambda x: 2 * x)(keras.Input((2,)))  # here Keras creates what it has deferred
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 1 << 20  # KiB; the weights have 1.6 GB
    assert counted.count_params() == 400_020_000
