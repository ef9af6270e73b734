import contextlib
import json
import struct

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepbio.errors import WeightsError
from deepbio.zoo import get_model, weights_hash
from deepbio.zoo.weight_files import check_h5, load_weight_file, read_safetensors, save_safetensors, weight_names


def small_model(seed: int):
    return get_model("deepbind", input_shape=30, outputs=1, filters=4, kernel_size=8, seed=seed)


def test_safetensors_round_trip(tmp_path):
    a, b = small_model(0), small_model(1)
    save_safetensors(a, tmp_path / "w.safetensors")
    load_weight_file(b, tmp_path / "w.safetensors")
    assert weights_hash(a) == weights_hash(b)


def test_safetensors_follow_the_specification(tmp_path):
    """8 bytes of header length, a JSON header, then the values (https://huggingface.co/docs/safetensors)."""
    model = small_model(0)
    save_safetensors(model, tmp_path / "w.safetensors")
    raw = (tmp_path / "w.safetensors").read_bytes()
    size = struct.unpack("<Q", raw[:8])[0]
    header = json.loads(raw[8 : 8 + size])
    assert header.keys() == weight_names(model).keys()
    for name, variable in weight_names(model).items():
        first, last = header[name]["data_offsets"]
        values = np.frombuffer(raw[8 + size :][first:last], "<f4").reshape(header[name]["shape"])
        np.testing.assert_array_equal(values, np.asarray(variable))


def test_only_large_arrays_are_stored_as_float16(tmp_path):
    options = {"input_shape": 400, "outputs": 2, "units": (600, 8)}
    a, b = (get_model("mlp", seed=seed, **options) for seed in (0, 1))
    save_safetensors(a, tmp_path / "w.safetensors", half=True)
    kinds = {name: str(array.dtype) for name, array in read_safetensors(tmp_path / "w.safetensors").items()}
    assert [name for name, kind in kinds.items() if kind == "float16"] == ["dense.0.kernel"]  # 400 x 600 values
    assert set(kinds.values()) == {"float16", "float32"}
    load_weight_file(b, tmp_path / "w.safetensors")
    for x, y in zip(a.get_weights(), b.get_weights(), strict=True):
        np.testing.assert_allclose(x, y, rtol=2**-11, atol=1e-7)


def test_a_weight_too_large_for_float16_is_refused(tmp_path):
    model = get_model("mlp", input_shape=400, outputs=2, units=(600,))
    model.set_weights([w * 0 + 1e6 for w in model.get_weights()])
    with pytest.raises(WeightsError, match=r"1e\+06, too large for float16"):
        save_safetensors(model, tmp_path / "w.safetensors", half=True)


def test_names_of_weights_do_not_depend_on_what_was_built_before():
    names = list(weight_names(get_model("basset", input_shape=200, outputs=2, units=(8, 8))))
    assert names == list(weight_names(get_model("basset", input_shape=200, outputs=2, units=(8, 8))))
    assert names[:3] == ["conv1d.0.kernel", "conv1d.1.bias", "batch_normalization.0.gamma"]


def safetensors(header: dict, data: bytes) -> bytes:
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00" * 8,
        b"\xff" * 40,
        struct.pack("<Q", 10**12) + b"{}",
        safetensors({"a": {"dtype": "F32", "shape": [10**9], "data_offsets": [0, 4]}}, b"\0" * 4),
        safetensors({"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 400]}}, b"\0" * 4),
        safetensors({"a": {"dtype": "F32", "shape": [-1], "data_offsets": [4, 0]}}, b"\0" * 4),
        safetensors({"a": {"dtype": "OBJECT", "shape": [1], "data_offsets": [0, 4]}}, b"\0" * 4),
        safetensors({"a": 3}, b""),
        struct.pack("<Q", 4) + b"nope",
        struct.pack("<Q", 2) + b"[]",
    ],
)
def test_a_broken_safetensors_file_is_refused(content, tmp_path):
    (tmp_path / "w.safetensors").write_bytes(content)
    with pytest.raises(WeightsError, match="not a"):
        read_safetensors(tmp_path / "w.safetensors")


@given(content=st.binary(max_size=200))
def test_no_bytes_break_the_reader_otherwise(content, tmp_path_factory):
    file = tmp_path_factory.mktemp("fuzz") / "w.safetensors"
    file.write_bytes(content)
    with contextlib.suppress(WeightsError):
        read_safetensors(file)


def test_weights_of_another_model_are_refused(tmp_path):
    save_safetensors(small_model(0), tmp_path / "w.safetensors")
    with pytest.raises(WeightsError, match="are in only one of the two"):
        load_weight_file(get_model("logistic", input_shape=2, outputs=1), tmp_path / "w.safetensors")
    other = get_model("deepbind", input_shape=30, outputs=1, filters=5, kernel_size=8)
    with pytest.raises(WeightsError, match="has shape"):
        load_weight_file(other, tmp_path / "w.safetensors")


def hdf5(path, fill):
    with h5py.File(path, "w") as file:
        fill(file)
    return path


def test_a_link_to_another_file_is_refused(tmp_path):
    hdf5(tmp_path / "other.h5", lambda file: file.create_dataset("secret", data=[1.0]))
    path = hdf5(tmp_path / "w.weights.h5", lambda f: f.__setitem__("a", h5py.ExternalLink("other.h5", "/secret")))
    with pytest.raises(WeightsError, match="refers to another file"):
        load_weight_file(small_model(0), path)


def test_a_soft_link_is_refused(tmp_path):
    path = hdf5(tmp_path / "w.weights.h5", lambda f: f.__setitem__("a", h5py.SoftLink("/b")))
    with pytest.raises(WeightsError, match="refers to another file"):
        check_h5(path, max_values=10)


def test_values_in_another_file_are_refused(tmp_path):
    (tmp_path / "raw").write_bytes(b"\0" * 80)

    def external(file):
        file.create_dataset("a", (10,), "f8", external=[(str(tmp_path / "raw"), 0, 80)])

    def virtual(file):
        layout = h5py.VirtualLayout((10,), "f8")
        layout[:] = h5py.VirtualSource(str(tmp_path / "other.h5"), "x", (10,))
        file.create_virtual_dataset("a", layout)

    for fill in (external, virtual):
        with pytest.raises(WeightsError, match="keeps its values in another file"):
            check_h5(hdf5(tmp_path / "w.weights.h5", fill), max_values=10)


def test_an_array_that_claims_to_be_huge_is_refused(tmp_path):
    path = hdf5(tmp_path / "w.weights.h5", lambda f: f.create_dataset("a", (10**12,), "f4", chunks=(1024,)))
    with pytest.raises(WeightsError, match=r"shape \(1000000000000,\); the model has"):
        load_weight_file(small_model(0), path)


def test_what_is_no_hdf5_is_refused(tmp_path):
    (tmp_path / "w.weights.h5").write_bytes(b"PK\x03\x04")
    with pytest.raises(WeightsError, match="not a readable HDF5 file"):
        load_weight_file(small_model(0), tmp_path / "w.weights.h5")


@pytest.mark.parametrize("name", ["model.keras", "model.h5", "model.pkl", "pytorch_model.bin"])
def test_kinds_that_can_run_code_are_refused(name, tmp_path):
    with pytest.raises(WeightsError, match=r"Expected a \.weights\.h5 or \.safetensors file"):
        load_weight_file(small_model(0), tmp_path / name)
