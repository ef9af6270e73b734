"""The numbers that each widget page carries: points, pictures, trained networks and evidence of findings."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from deepbio.course.widgets.networks import digits, figures, load_networks

Content = dict[str, Any]

_SEPARABLE = [
    (0.125, 0, -1), (0.875, -1.75, -1), (1, 0.25, 1), (1, 1.125, 1), (-0.125, 1.125, 1), (-0.625, 1.25, 1), (-1.25, 0.875, -1),
    (-0.875, 0.5, -1), (-1, -0.5, -1), (0.375, 1.125, 1), (-0.375, -0.875, -1), (0.125, 0.75, 1), (0.625, -0.25, -1), (0.625, 0.5, 1),
]  # fmt: skip
_XOR = [
    (-1.375, 1.375, 1), (0.75, 0.75, -1), (0.875, -1, 1), (-1, -1.375, -1), (-1.5, 1.125, 1), (1.125, 1, -1),
    (0.625, -1, 1), (-0.75, -1, -1), (-0.875, 0.625, 1), (1.375, 1.375, -1), (1, -1.375, 1), (-1, -0.5, -1),
]  # fmt: skip
AGES = {"infant": "owninfantorsmallchild", "child": "ownchild", "young adult": "ownyoungadult"}
AGES |= {"middle age": "ownmiddleage", "old age": "ownoldage"}
SEXES = {"female": "ownwoman", "male": "ownman"}
# Words of our own for findings, by the token that the model reads: its id in the Human Phenotype Ontology, or an own one.
FINDINGS = {
    "General": {
        "hp0001945": "fever", "hp0000737": "irritable", "hp0012378": "tiredness", "hp0002315": "headache",
        "hp0025289": "swollen neck nodes", "hp0002829": "joint pain", "hp0003326": "muscle pain", "hp0001324": "weak muscles",
    },
    "Eyes and mouth": {
        "hp0030953": "red eyes", "hp0031042": "strawberry tongue", "hp0100825": "cracked lips", "hp0025439": "sore throat",
        "hp0011107": "mouth ulcers again and again", "hp0012121": "inflamed inner eye",
    },
    "Skin": {
        "hp0000988": "rash", "hp0025493": "red palms and soles", "hp0025525": "peeling fingertips", "hp0025538": "swollen hands",
        "hp0025300": "butterfly rash", "hp0040324": "violet eyelids", "hp0000967": "tiny bleeding spots",
    },
    "Chest and belly": {
        "hp0012735": "cough", "hp0002094": "short of breath", "hp0002027": "belly pain", "hp0002014": "diarrhea",
        "hp0002013": "vomiting", "hp0002240": "large liver", "hp0000952": "jaundice", "hp0031179": "stiff neck",
    },
    "Tests": {
        "hp0030882": "coronary aneurysm", "hp0001873": "few platelets", "hp0001880": "many eosinophils",
        "hp0003281": "high ferritin", "hp0002900": "low potassium", "hp0000093": "protein in urine",
    },
    "Exposures": {
        "owntickbite": "tick bite", "ownrawmilk": "raw milk", "ownfarmanimals": "farm animals", "ownmosquitobites": "mosquito bites",
        "owntraveltotropicalafrica": "travel to tropical Africa", "ownnewdrug": "new drug", "ownfloodwater": "flood water",
        "ownpoultry": "dead poultry", "ownleadexposure": "old lead paint",
    },
}  # fmt: skip
NOTES = {
    "kawasaki": {
        "age": "child", "sex": "male",
        "present": ["hp0001945", "hp0030953", "hp0000988", "hp0031042", "hp0025289", "hp0000737"], "absent": [],
    },
    "joints": {
        "age": "young adult", "sex": "female",
        "present": ["hp0001945", "hp0002829", "hp0025300", "hp0000093", "hp0001873"], "absent": ["owntickbite"],
    },
    "farm": {"age": "middle age", "sex": "male", "present": ["hp0001945", "hp0002315", "ownfarmanimals"], "absent": []},
    "empty": {"age": "", "sex": "", "present": [], "absent": []},
}  # fmt: skip


def perceptron() -> Content:
    """Return point sets. Coordinates are multiples of 1/8, so that sums are exact and equal weights are found to be equal."""
    presets = {"separable": _SEPARABLE, "xor": _XOR, "outlier": [*_SEPARABLE, (-0.75, -1.25, 1)]}
    return {"presets": {name: [{"x": [x1, x2], "y": y} for x1, x2, y in points] for name, points in presets.items()}}


def logistic() -> Content:
    """Return the standardised mean radius of the nuclei of every third tumour of the test split, and whether it is malignant."""
    from deepbio.datasets import load_dataset

    data = load_dataset("breast_cancer")
    x, y = np.asarray(data.test.x), np.asarray(data.test.y)
    radius = x[:, data.input.features.index("mean radius")].astype(np.float64)[::3]
    malignant = y[::3] == data.labels.index("malignant")
    standard = np.round((radius - radius.mean()) / radius.std(), 3)
    return {
        "x": standard.tolist(),
        "y": malignant.astype(int).tolist(),
        "mean": float(radius.mean()),
        "std": float(radius.std()),
    }


def descent() -> Content:
    """Return nothing: the surfaces are formulas."""
    return {}


def convolution() -> Content:
    """Return pictures of 64 by 64 pixels drawn by deepbio, as bytes."""
    return {"width": 64, "pictures": {name: _bytes(draw()) for name, draw in _PICTURES.items()}}


def shift() -> Content:
    """Return ten digits, three networks, and their accuracy on the test split for each shift."""
    return _with_networks("shift_", 16, ("shifts",))


def attack() -> Content:
    """Return ten digits, three networks, and their accuracy on the attacked test split for each budget."""
    signs = np.random.default_rng(0).choice([-1, 1], 64)
    return _with_networks("attack_", 8, ("epsilons",)) | {"noise": signs.tolist()}


def findings() -> Content:
    """Return the exact evidence of findings for the 50 diseases of `note_evidence.vignettes_findings`, with its calibration."""
    from deepbio.interpret.additive import additive_evidence
    from deepbio.text import MARK, Tokenizer
    from deepbio.zoo import describe, get_model

    model = get_model("note_evidence.vignettes_findings")
    record = describe(model)
    assert record.task is not None
    assert record.input is not None
    assert record.input.tokenizer is not None
    assert record.postprocessing is not None
    vocabulary = Tokenizer.from_json(record.input.tokenizer).vocabulary
    affirmed = [token for group in FINDINGS.values() for token in group]
    tokens = [*AGES.values(), *SEXES.values(), *affirmed, *(MARK + t for t in affirmed if MARK + t in vocabulary)]
    evidence = additive_evidence(model, [vocabulary[token] for token in tokens])
    return {
        "labels": list(record.task.labels),
        "temperature": getattr(record.postprocessing.calibration, "temperature", 1.0),
        "tokens": tokens,
        "table": _base64(np.concatenate([evidence.bias[None], evidence.table]), np.float32),
        "groups": [[name, list(group.items())] for name, group in FINDINGS.items()],
        "ages": AGES, "sexes": SEXES, "notes": NOTES, "mark": MARK,
    }  # fmt: skip


CONTENTS: dict[str, Callable[[], Content]] = {
    one.__name__: one for one in (perceptron, logistic, descent, convolution, shift, attack, findings)
}


def _with_networks(prefix: str, size: int, measured: Iterable[str]) -> Content:
    found, stored = figures(), load_networks()
    data = digits()
    test = data.test
    x, y = np.asarray(test.x)[found["pictures"]], np.asarray(test.y)[found["pictures"]]
    networks = {
        name.removeprefix(prefix): {"size": size, "layers": [_layer(*layer) for layer in layers]}
        for name, layers in stored.items()
        if name.startswith(prefix)
    }
    return {
        "digits": [_bytes(picture) for picture in x],
        "labels": y.tolist(),
        "networks": networks,
        "accuracy": {name.removeprefix(prefix): v for name, v in found["accuracy"].items() if name.startswith(prefix)},
        "learned": len(data.train.y),
        "examples": found["examples"],
        **{name: found[name] for name in measured},
    }


def _layer(kind: str, weights: list[np.ndarray]) -> dict[str, Any]:
    if not weights:
        return {"kind": kind}
    joined = np.concatenate([w.ravel() for w in weights])
    return {"kind": kind, "shape": list(weights[0].shape), "weights": _base64(joined, np.float32)}


def _base64(values: np.ndarray, dtype: Any) -> str:
    return base64.b64encode(np.ascontiguousarray(values, np.dtype(dtype).newbyteorder("<")).tobytes()).decode()


def _bytes(picture: np.ndarray) -> str:
    return _base64(picture, np.uint8)


def _dog() -> np.ndarray:
    """Draw a dog under the sun, four times as large, then reduced so that edges are smooth."""
    from PIL import Image, ImageDraw

    image = Image.new("L", (256, 256), 205)
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 190, 256, 256), fill=120)
    for x in range(0, 256, 10):
        pen.line((x, 200, x + 5, 188), fill=90, width=3)
    pen.ellipse((196, 16, 236, 56), fill=255)
    pen.line((66, 120, 34, 86), fill=62, width=12)  # tail
    for x in (70, 92, 148, 168):
        pen.rectangle((x, 150, x + 13, 212), fill=62 if x in (70, 168) else 46)
    pen.ellipse((54, 100, 188, 172), fill=62)
    pen.ellipse((160, 62, 222, 124), fill=62)  # head
    pen.ellipse((196, 88, 244, 120), fill=78)
    pen.polygon([(164, 76), (148, 118), (178, 112)], fill=34)  # ear
    pen.ellipse((232, 92, 246, 104), fill=10)
    pen.ellipse((194, 80, 203, 89), fill=240)
    pen.ellipse((197, 82, 202, 87), fill=5)
    return np.asarray(image.resize((64, 64), Image.Resampling.BOX))


def _shapes() -> np.ndarray:
    """Draw a square, a disc, a diagonal and stripes: edges of every direction."""
    row, column = np.mgrid[:64, :64]
    picture = np.full((64, 64), 40)
    picture[6:26, 6:26] = 220
    picture[(row - 16) ** 2 + (column - 46) ** 2 < 121] = 170
    picture[36:58, 6:28] = np.where((column[36:58, 6:28] // 3) % 2, 230, 40)
    picture[(row > 34) & (column > 34) & (np.abs(row - column) < 3)] = 240
    return picture


def _digit() -> np.ndarray:
    """Return a handwritten three of 8 by 8 pixels, each eight times as large."""
    found = figures()["pictures"][3]
    return np.kron(np.asarray(digits().test.x)[found, :, :, 0], np.ones((8, 8), np.uint8))


_PICTURES: dict[str, Callable[[], np.ndarray]] = {"dog": _dog, "shapes": _shapes, "digit": _digit}
