"""PyTorch files are read as data: whole models, strides, half precision; and code is not run."""

import pickletools
import struct

import numpy as np
import pytest

from deepbio.errors import WeightsError
from deepbio.zoo.importers.torch_file import read_torch
from tests.zoo.importers.torch_bytes import (
    archive,
    integer,
    mapping,
    pickled,
    plain,
    save_torch,
    storage,
    tensor,
    text,
    tuple_of,
)


def test_a_state_dict_is_read_with_its_dtypes(tmp_path):
    arrays = {
        "a.weight": np.arange(6, dtype=np.float32).reshape(2, 3),
        "b": np.array([2**40]),
        "c": np.array([0.5], np.float16),
    }
    save_torch(tmp_path / "x.pt", arrays)
    found = read_torch(tmp_path / "x.pt")
    assert found.keys() == arrays.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].dtype == array.dtype


def test_strides_offsets_and_shared_storages_are_followed(tmp_path):
    values = np.arange(12, dtype=np.float32)
    content = mapping(
        {"turned": tensor("0", "Float", 12, (3, 2), (1, 3)), "end": tensor("0", "Float", 12, (2,), (1,), offset=10)}
    )
    archive(tmp_path / "x.pt", content, {"0": values})
    found = read_torch(tmp_path / "x.pt")
    assert found["turned"].tolist() == [[0, 3], [1, 4], [2, 5]]
    assert found["end"].tolist() == [10, 11]


def test_bfloat16_becomes_float32(tmp_path):
    archive(
        tmp_path / "x.pt", mapping({"w": tensor("0", "BFloat16", 1, (1,), (1,))}), {"0": np.array([0x3FC0], np.uint16)}
    )
    assert read_torch(tmp_path / "x.pt")["w"].tolist() == [1.5]  # 0x3FC00000 as float32


def whole_model(weight):
    """A module of a class that is not installed, as `torch.save(model)` writes it."""
    layer = (
        b"cnowhere.layers\nConv\n)\x81" + mapping({"_parameters": mapping({"weight": weight}), "_buffers": b"}"}) + b"b"
    )
    state = mapping({"_parameters": b"}", "_buffers": b"}", "_modules": mapping({"stem": layer}), "logger": text("x")})
    return b"cnowhere.models\nNet\n)\x81" + state + b"b"


def test_a_whole_model_is_read_without_its_classes(tmp_path):
    weight = np.array([[1, 2]], np.float32)
    archive(tmp_path / "x.torch", whole_model(plain(weight, "0")), {"0": weight})
    found = read_torch(tmp_path / "x.torch")
    assert list(found) == ["stem.weight"]
    assert found["stem.weight"].tolist() == [[1, 2]]


@pytest.mark.parametrize("key", ["state_dict", "model"])
def test_the_state_dict_inside_a_checkpoint_is_found(key, tmp_path):
    weight = np.array([3], np.float32)
    inner = mapping({"module.fc.bias": plain(weight, "0")})
    archive(tmp_path / "x.pth", mapping({"epoch": integer(3), key: inner}), {"0": weight})
    assert list(read_torch(tmp_path / "x.pth")) == ["fc.bias"]


def test_the_format_before_torch_1_6_is_read(tmp_path):
    weight = np.array([1, -2], np.float32)
    parts = [
        pickled(b"\x8a\x0a" + (0x1950A86A20F9469CFC6C).to_bytes(10, "little")),
        pickled(integer(1001)),
        pickled(mapping({"little_endian": b"\x88"})),
        pickled(mapping({"w": plain_old(weight)})),
        pickled(b"](" + text("70") + b"e"),
        struct.pack("<q", 2) + weight.tobytes(),
    ]
    (tmp_path / "x.pth").write_bytes(b"".join(parts))
    assert read_torch(tmp_path / "x.pth")["w"].tolist() == [1, -2]
    (tmp_path / "x.pth").write_bytes(b"".join(parts)[:-3])
    with pytest.raises(WeightsError, match="damaged or truncated"):
        read_torch(tmp_path / "x.pth")


def plain_old(array):
    old = storage("70", "Float", array.size).removesuffix(b"tQ") + b"NtQ"  # a sixth part, of views
    return (
        b"ctorch._utils\n_rebuild_tensor_v2\n"
        + tuple_of(old, integer(0), tuple_of(integer(array.size)), tuple_of(integer(1)), b"\x89", b"}")
        + b"R"
    )


@pytest.mark.parametrize(
    "name", ["os\nsystem", "posix\nsystem", "builtins\neval", "subprocess\nPopen", "runpy\nrun_path"]
)
def test_a_pickle_with_code_is_refused_and_nothing_runs(name, tmp_path):
    weight = np.array([1], np.float32)
    call = f"c{name}\n".encode() + tuple_of(text(f"touch {tmp_path}/ran")) + b"R"
    archive(tmp_path / "x.pt", mapping({"w": plain(weight, "0"), "evil": call}), {"0": weight})
    with pytest.raises(WeightsError, match=f"calls {name.replace(chr(10), '.')}, which no file of weights needs"):
        read_torch(tmp_path / "x.pt")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("content", "data", "message"),
    [
        (tensor("0", "Float", 4, (5,), (1,)), np.zeros(4, np.float32), "larger than its data"),
        (tensor("0", "Float", 4, (2**20, 4), (0, 1)), np.zeros(4, np.float32), "repeats its data"),
        (tensor("0", "Float", 4, (2,), (-1,), offset=1), np.zeros(4, np.float32), "larger than its data"),
        (tensor("0", "Float", 4, (4,), (1,)), np.zeros(3, np.float32), "12 bytes"),
    ],
)
def test_tensors_that_contradict_their_data_are_refused(content, data, message, tmp_path):
    archive(tmp_path / "x.pt", mapping({"w": content}), {"0": data})
    with pytest.raises(WeightsError, match=message):
        read_torch(tmp_path / "x.pt")


def test_every_truncation_is_one_clear_error(tmp_path):
    weight = np.arange(8, dtype=np.float32)
    save_torch(tmp_path / "x.pt", {"w": weight})
    whole = (tmp_path / "x.pt").read_bytes()
    for size in range(3, len(whole), 23):
        (tmp_path / "cut.pt").write_bytes(whole[:size])
        with pytest.raises(WeightsError, match="damaged or truncated"):
            read_torch(tmp_path / "cut.pt")


def test_the_files_of_these_tests_are_pickles():
    assert [code.name for code, _, _ in pickletools.genops(pickled(text("a")))] == ["PROTO", "BINUNICODE", "STOP"]
