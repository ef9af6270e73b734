"""Files as users have them: wrapped networks, checkpoints, half precision, parts; each is right or refused with one error."""

import json
import logging
import sys
from types import SimpleNamespace

import ml_dtypes
import numpy as np
import pytest
from safetensors.numpy import save_file

from deepbio.errors import WeightsError
from deepbio.zoo import get_model
from deepbio.zoo.importers import import_weights
from tests.zoo.importers.test_import_weights import tiny_bpnet
from tests.zoo.importers.torch_bytes import archive, integer, mapping, plain, save_torch

SAVE = {
    "npz": lambda path, arrays: np.savez(path, **arrays),
    "safetensors": lambda p, a: save_file(a, p),
    "pt": save_torch,
}


def kernel_of(path, **options):
    return np.asarray(get_model("bpnet", weights=path, input_shape=150, **options).get_layer("stem").kernel)


EXPECTED = np.moveaxis(tiny_bpnet()["iconv.weight"], (0, 1), (-1, -2))


@pytest.mark.parametrize("ending", SAVE)
@pytest.mark.parametrize("prefix", ["module.", "model.", "_orig_mod.", "model._orig_mod.", "net.module."])
def test_names_of_wrappers_are_taken_off(prefix, ending, tmp_path):
    # DataParallel, a LightningModule, torch.compile, and two of them around each other
    path = tmp_path / f"w.{ending}"
    SAVE[ending](path, {f"{prefix}{name}": array for name, array in tiny_bpnet().items()})
    np.testing.assert_array_equal(kernel_of(path), EXPECTED)
    assert import_weights("bpnet_lite", path, length=150).output_shape == (None, 44, 1)


def test_a_compiled_module_inside_the_network_keeps_its_own_name(tmp_path):
    arrays = {name.replace("iconv.", "iconv._orig_mod."): array for name, array in tiny_bpnet().items()}
    np.savez(tmp_path / "w.npz", **arrays)
    np.testing.assert_array_equal(kernel_of(tmp_path / "w.npz"), EXPECTED)


def test_arrays_beside_the_network_are_left_out_with_a_warning(tmp_path, caplog):
    arrays = {f"model.{name}": array for name, array in tiny_bpnet().items()}
    np.savez(tmp_path / "w.npz", **arrays, **{"loss.weight": np.ones(2)})
    with caplog.at_level(logging.WARNING, logger="deepbio"):
        np.testing.assert_array_equal(kernel_of(tmp_path / "w.npz"), EXPECTED)
    assert "the 1 arrays beside model. are left out: loss.weight" in caplog.text


def test_two_networks_in_one_file_are_not_guessed_between(tmp_path):
    arrays = {f"{which}.{name}": array for which in ("student", "teacher") for name, array in tiny_bpnet().items()}
    np.savez(tmp_path / "w.npz", **arrays)
    with pytest.raises(WeightsError, match=r"network of bpnet_lite 2 times, as student, teacher. Save one"):
        get_model("bpnet", weights=tmp_path / "w.npz")


@pytest.mark.parametrize("key", ["state_dict", "network"])
def test_states_of_the_optimizer_are_passed_over(key, tmp_path):
    arrays = tiny_bpnet()
    keys = {name: str(i) for i, name in enumerate(arrays)}
    network = mapping({name: plain(array, keys[name]) for name, array in arrays.items()})
    state = mapping({"exp_avg": plain(arrays["iconv.weight"], keys["iconv.weight"]), "step": integer(3)})
    content = {"epoch": integer(3), key: network, "optimizer": mapping({"state": state}), "optim_g": state}
    archive(tmp_path / "w.ckpt", mapping(content), {keys[name]: array for name, array in arrays.items()})
    np.testing.assert_array_equal(kernel_of(tmp_path / "w.ckpt"), EXPECTED)


@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16, np.float64])
def test_other_precisions_become_float32(dtype, tmp_path):
    arrays = {name: array.astype(dtype) for name, array in tiny_bpnet().items()}
    save_file(arrays, tmp_path / "w.safetensors")
    kernel = kernel_of(tmp_path / "w.safetensors")
    assert kernel.dtype == np.float32
    np.testing.assert_array_equal(kernel, EXPECTED.astype(dtype).astype(np.float32))


def in_parts(folder):
    """Write a file in two parts with their index, as Hugging Face does, and return the index."""
    arrays, parts = tiny_bpnet(), ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")
    where = {name: parts[i % 2] for i, name in enumerate(arrays)}
    for part in parts:
        save_file({name: array for name, array in arrays.items() if where[name] == part}, folder / part)
    index = folder / "model.safetensors.index.json"
    index.write_text(json.dumps({"metadata": {"total_size": 1}, "weight_map": where}))
    return index


def test_a_file_in_parts_is_read_by_its_index(tmp_path):
    np.testing.assert_array_equal(kernel_of(in_parts(tmp_path)), EXPECTED)


def test_one_part_alone_is_refused_with_what_to_pass(tmp_path):
    in_parts(tmp_path)
    with pytest.raises(WeightsError, match=r"one part of several. Pass the index beside it"):
        import_weights("bpnet_lite", tmp_path / "model-00001-of-00002.safetensors")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda index, part: part.unlink(), "00002-of-00002.safetensors; No such file"),
        (lambda index, part: part.write_bytes(part.read_bytes()[:-9]), "not a valid safetensors file"),
        (lambda index, part: save_file({"x": np.zeros(1)}, part), "has no array 'iconv.bias', which model.safetensors.index"),
        (lambda index, part: index.write_text('{"weight_map": {"a": "../secret.npz"}}'), "names the part '../secret.npz'"),
        (lambda index, part: index.write_text("[]"), "is no index of a weight file"),
        (lambda index, part: index.write_text('{"weight_map": '), "model.safetensors.index.json"),
        (lambda index, part: index.unlink(), "Expected the index of a weight file"),
    ],
    ids=["missing", "truncated", "another file", "outside", "no index", "damaged index", "no index file"],
)  # fmt: skip
def test_parts_that_are_not_whole_are_one_error(change, message, tmp_path):
    index = in_parts(tmp_path)
    change(index, tmp_path / "model-00002-of-00002.safetensors")
    with pytest.raises(WeightsError, match=message):
        import_weights("bpnet_lite", index)


def test_the_parts_of_an_index_on_the_hub_are_downloaded_beside_it(tmp_path, monkeypatch):
    in_parts(tmp_path)
    asked = []

    def hf_hub_download(repository, file, **options):
        asked.append((repository, file, options["revision"]))
        return str(tmp_path / file)

    monkeypatch.setitem(sys.modules, "huggingface_hub", SimpleNamespace(hf_hub_download=hf_hub_download))
    np.testing.assert_array_equal(kernel_of("hf://lab/net@v1/model.safetensors.index.json"), EXPECTED)
    assert [file for _, file, _ in asked] == [
        "model.safetensors.index.json", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors",
    ]  # fmt: skip
    assert {revision for _, _, revision in asked} == {"v1"}


def test_the_weights_of_another_architecture_are_refused_with_their_names(tmp_path):
    np.savez(tmp_path / "w.npz", **{f"features.{i}.weight": np.zeros((2, 2)) for i in range(3)})
    with pytest.raises(
        WeightsError, match=r"none of the forms known for bpnet .* 3 arrays are named features.0.weight"
    ):
        get_model("bpnet", weights=tmp_path / "w.npz")


def test_another_number_of_outputs_is_a_new_head_on_the_published_trunk(tmp_path):
    np.savez(tmp_path / "w.npz", **tiny_bpnet(outputs=2))
    model = get_model("bpnet", weights=tmp_path / "w.npz", input_shape=150, outputs=3, seed=0)
    assert model.output_shape == (None, 44, 3)
    np.testing.assert_array_equal(model.get_layer("stem").kernel, EXPECTED)
