"""Convert MMSplice's donor, acceptor, exon and intron modules from the `.h5` files of its wheel to five presets."""

import io
import sys
from pathlib import Path

import h5py
import numpy as np
from wheel_file import wheel_file

from deepbio.specs import ModelInput, Task
from deepbio.zoo import check_golden_outputs, get_model, save_preset
from deepbio.zoo.build import build
from deepbio.zoo.golden_outputs import golden_inputs
from deepbio.zoo.preset import write_json
from deepbio.zoo.record import ModelRecord

CARDS = Path(__file__).with_name("cards")
SITE, SCORE = Task("binary", 1, ("other", "splice site")), Task("regression", 1)
# preset: file, SHA-256, length, task, layers (ours: theirs)
MODULES = {
    "mmsplice_donor.cheng2019": (
        "Donor", "d1e17b9fd7462e492d2c520af539d93e092527ba19d835cd8602f376912ff5c6", 18, SITE,
        {"dense_1": "dense1", "norm_1": "batch_normalization_1", "dense_2": "dense2", "norm_2": "batch_normalization_2",
         "head": "dense_1"},
    ),
    "mmsplice_acceptor.cheng2019": (
        "Acceptor", "e696c29ead85b167a9102dc24020d8c072a232236be6e75bbae4515efb46aa44", 53, SITE,
        {"conv_1": "convSpliceSite", "norm_1": "batch_normalization_1", "conv_2": "conv1by1", "norm_2": "batch_normalization_2",
         "head": "denseSS"},
    ),
    "mmsplice_exon.cheng2019": (
        "Exon", "aea7f0aff45e14e81c6c79bac0dad488721882c45fb39f6c66e4182a5d033c94", 200, SCORE,
        {"conv": "conv", "norm": "batch_normalization_1", "head": "dense3"},
    ),
    "mmsplice_intron.cheng2019_acceptor": (
        "Intron3", "f52a1100429752c0992a555625a4cd19b7cfd6d85fccfc288b076f51d7299363", 100, SCORE,
        {"conv": "conv", "head": "dense3"},
    ),
    "mmsplice_intron.cheng2019_donor": (
        "Intron5", "84738869bd2a1d07aa6a9a1c650d78ba893a973cb59d7909a3ca76efe24265f6", 100, SCORE,
        {"conv": "conv", "head": "dense5"},
    ),
}  # fmt: skip
ORDER = ("gamma", "beta", "moving_mean", "moving_variance", "kernel", "bias")


def layer_weights(content: bytes) -> dict[str, dict[str, np.ndarray]]:
    """Return each layer's arrays by their last name."""
    found: dict[str, dict[str, np.ndarray]] = {}

    def note(path: str, entry) -> None:
        if isinstance(entry, h5py.Dataset):
            found.setdefault(path.split("/")[0], {})[path.split("/")[-1].split(":")[0]] = np.asarray(entry)

    with h5py.File(io.BytesIO(content), "r") as file:
        file["model_weights"].visititems(note)
    return found


def published_forward(module: str, weights: dict[str, dict[str, np.ndarray]], x: np.ndarray) -> np.ndarray:
    """Compute the outputs of the published file in NumPy and float64, layer by layer as in its own configuration."""

    def dense(x, name):
        return x @ weights[name]["kernel"].astype(float) + weights[name]["bias"]

    def norm(x, name):
        w = weights[name]
        return (x - w["moving_mean"]) / np.sqrt(w["moving_variance"] + 1e-3) * w["gamma"] + w["beta"]

    def convolve(x, name):
        kernel = weights[name]["kernel"].astype(float)
        left = (len(kernel) - 1) // 2
        padded = np.pad(x, ((0, 0), (left, len(kernel) - 1 - left), (0, 0)))
        return sum(padded[:, i : i + x.shape[1]] @ kernel[i] for i in range(len(kernel))) + weights[name]["bias"]

    def relu(x):
        return np.maximum(x, 0)

    if module == "Donor":
        y = x.reshape(len(x), -1)
        for name, bn in (("dense1", "batch_normalization_1"), ("dense2", "batch_normalization_2")):
            y = relu(norm(dense(y, name), bn))
        return 1 / (1 + np.exp(-dense(y, "dense_1")))
    if module == "Acceptor":
        y = norm(relu(convolve(x, "convSpliceSite")), "batch_normalization_1")
        y = norm(relu(convolve(y, "conv1by1")), "batch_normalization_2")
        return 1 / (1 + np.exp(-dense(y.reshape(len(y), -1), "denseSS")))
    if module == "Exon":
        y = relu(norm(convolve(x, "conv"), "batch_normalization_1"))
        known = x.max(-1, keepdims=True)
        return dense((y * known).sum(1) / known.sum(1), "dense3")
    return dense(relu(convolve(x, "conv")).mean(1), "dense3" if module == "Intron3" else "dense5")


def main(wheel: Path, catalog: Path) -> None:
    for preset, (module, sha256, length, task, layers) in MODULES.items():
        file = f"mmsplice/models/{module}.h5"
        weights = layer_weights(wheel_file(wheel, file, sha256))
        input = ModelInput("dna", (length,))
        model = build(ModelRecord(preset.split(".")[0], input=input, outputs=1, task=task))
        for ours, theirs in layers.items():
            model.get_layer(ours).set_weights([weights[theirs][part] for part in ORDER if part in weights[theirs]])
        folder = catalog / preset
        save_preset(model, folder)
        x = np.eye(4)[golden_inputs(input, 3)]
        write_json(folder / "expect.json", {
            "examples": 3, "inputs": "deepbio.zoo.golden_outputs.golden_inputs",
            "source": f"{module}.h5 of mmsplice 2.4.0, computed in NumPy",
            "predictions": published_forward(module, weights, x).tolist(),
        })  # fmt: skip
        (folder / "recipe.yaml").write_text(
            "# Converted, not trained here.\n"
            "conversion:\n  script: zoo/_convert/mmsplice.py\n  wheel: mmsplice 2.4.0\n"
            f"  file: {file}\n  sha256: {sha256}\n",
            encoding="utf-8",
        )
        (folder / "card.md").write_text((CARDS / f"{preset}.md").read_text(encoding="utf-8"), encoding="utf-8")
        print(folder, check_golden_outputs(get_model(folder), folder))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(__file__).resolve().parents[1])
