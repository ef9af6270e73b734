"""The corruptions of the package medmnistc on one image, each after a seed: `python medmnistc_side.py IMAGE.npz OUT.npz`.

Motion blur needs ImageMagick, and stain, bubbles and letters are drawn from files and fonts of the package; they are left out.
"""

import sys
import types

import numpy as np
from PIL import Image

for name in ("wand", "wand.image", "wand.api"):
    sys.modules[name] = types.ModuleType(name)
sys.modules["wand.image"].__dict__["Image"] = object
sys.modules["wand.api"].__dict__["library"] = None

from medmnistc.corruptions.registry import CORRUPTIONS_DS  # noqa: E402  # pyright: ignore[reportMissingImports]

image, out = Image.fromarray(np.load(sys.argv[1])["x"]), {}
for dataset, kinds in CORRUPTIONS_DS.items():
    for name, one in kinds.items():
        if name not in ("motion_blur", "stain_deposit", "bubble", "characters"):
            for severity in range(5):
                np.random.seed(0)
                one.rng = np.random.default_rng(0)
                out[f"{dataset}/{name}/{severity + 1}"] = np.asarray(one.apply(image.copy(), severity))
np.savez_compressed(sys.argv[2], **out)
