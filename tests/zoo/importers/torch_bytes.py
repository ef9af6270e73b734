"""Write small files of `torch.save` without PyTorch, opcode by opcode."""

import struct
import zipfile

import numpy as np

KINDS = {"float32": "Float", "float64": "Double", "float16": "Half", "int64": "Long", "uint16": "BFloat16"}


def text(word):
    return b"X" + struct.pack("<I", len(word.encode())) + word.encode()


def integer(n):
    return b"J" + struct.pack("<i", n)


def tuple_of(*parts):
    return b"(" + b"".join(parts) + b"t"


def storage(key, kind, size):
    return tuple_of(text("storage"), f"ctorch\n{kind}Storage\n".encode(), text(key), text("cpu"), integer(size)) + b"Q"


def tensor(key, kind, size, shape, stride, offset=0):
    parts = [storage(key, kind, size), integer(offset), tuple_of(*map(integer, shape)), tuple_of(*map(integer, stride))]
    return (
        b"ctorch._utils\n_rebuild_tensor_v2\n"
        + tuple_of(*parts, b"\x89", b"ccollections\nOrderedDict\n" + b")R")
        + b"R"
    )


def mapping(pairs):
    return b"}(" + b"".join(text(key) + value for key, value in pairs.items()) + b"u"


def pickled(content):
    return b"\x80\x02" + content + b"."


def archive(path, content, data):
    """Write the zip form: a pickle and the bytes of each storage."""
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("archive/data.pkl", pickled(content))
        for key, array in data.items():
            file.writestr(f"archive/data/{key}", array.tobytes())
        file.writestr("archive/version", "3\n")


def plain(array, key):
    array = np.ascontiguousarray(array)
    stride = [step // array.itemsize for step in array.strides]
    return tensor(key, KINDS[array.dtype.name], array.size, array.shape, stride)


def save_torch(path, arrays):
    """Write a state dict."""
    keys = {name: str(i) for i, name in enumerate(arrays)}
    archive(
        path,
        mapping({name: plain(array, keys[name]) for name, array in arrays.items()}),
        {keys[name]: array for name, array in arrays.items()},
    )
