"""Attacks beside the Adversarial Robustness Toolbox (ART) 1.20 on the same network: success and time.

    python benchmarks/attacks_beside_art.py --weights WEIGHTS.npz --art PYTHON [--examples 300] [--few 60] [--rounds 5] [--out FILE]

The network is `small_cnn` of `adversarial_mnist.py` (`--weights` is a file of its `--cache`, such as `weights_small_cnn_PGD.npz` or
the plain `weights_small_cnn.npz`), for ART in PyTorch with its weights. Both attack the same first test images of MNIST in one
process each, on one thread: one call first, whose time contains tracing, then the median of `--rounds` (AutoAttack: that one call).
ART's time is that of its attack alone; deepbio's contains the predictions before, and after the attack as floats and as bytes. ART's
figures are those of images that its attack moved, judged by the same network.
"""

import os
import tempfile
import time
from pathlib import Path

import numpy as np
from _table import in_turns, script, table, write_page

_ART = """
import json, sys, time
import numpy as np, torch
from art.attacks.evasion import AutoAttack, FastGradientMethod, ProjectedGradientDescentPyTorch
from art.estimators.classification import PyTorchClassifier
torch.set_num_threads(1)
z = np.load(sys.argv[1]); few, rounds = int(sys.argv[2]), int(sys.argv[3])
conv = lambda i: torch.tensor(z[f"w{i}"].transpose(3, 2, 0, 1))
class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = torch.nn.Conv2d(1, 16, 4, 2, 1), torch.nn.Conv2d(16, 32, 4, 2, 1)
        self.c, self.d = torch.nn.Linear(1568, 100), torch.nn.Linear(100, 10)
    def forward(self, x):
        x = torch.relu(self.b(torch.relu(self.a(x)))).permute(0, 2, 3, 1).flatten(1)
        return self.d(torch.relu(self.c(x)))
net = Net()
for layer, i in ((net.a, 0), (net.b, 2), (net.c, 4), (net.d, 6)):
    layer.weight.data = conv(i) if i < 4 else torch.tensor(z[f"w{i}"].T.copy()); layer.bias.data = torch.tensor(z[f"w{i + 1}"])
made = PyTorchClassifier(net.eval(), torch.nn.CrossEntropyLoss(), (1, 28, 28), 10, clip_values=(0, 1), device_type="cpu")
x, y = z["x"].astype(np.float32).transpose(0, 3, 1, 2) / 255, z["y"].astype(int)
attacks = {
    "fgsm": (FastGradientMethod(made, eps=0.3, batch_size=256), len(x)),
    "pgd-40": (ProjectedGradientDescentPyTorch(made, eps=0.3, eps_step=0.01, max_iter=40, batch_size=256, verbose=False), len(x)),
    "autoattack": (AutoAttack(made, eps=0.3, eps_step=0.1, batch_size=64), few),
}
out = {}
for name, (attack, n) in attacks.items():
    seconds = []
    for _ in range(1 if name == "autoattack" else 1 + rounds):
        start = time.perf_counter()
        found = attack.generate(x[:n], y[:n])
        seconds.append(time.perf_counter() - start)
    out[name] = [float((made.predict(found).argmax(1) == y[:n]).mean()), seconds[0], float(np.median(seconds[1:] or seconds))]
print(json.dumps(out))
"""


def ours(model, x, y, few: int, rounds: int) -> dict:
    """Return accuracy under attack, seconds of the first call and median seconds of each attack."""
    from deepbio.robustness import attack_images, autoattack_small

    found = {}
    for name, n, run in (
        ("fgsm", len(x), lambda a, b: attack_images(model, a, b, attack="fgsm", epsilon=0.3)),
        (
            "pgd-40", len(x),
            lambda a, b: attack_images(model, a, b, attack="pgd", epsilon=0.3, steps=40, step_size=0.01, random_start=False),
        ),
        ("autoattack", few, lambda a, b: autoattack_small(model, a, b, epsilon=0.3, steps=100, queries=5000)),
    ):  # fmt: skip
        seconds, result = [], None
        for _ in range(1 if name == "autoattack" else 1 + rounds):
            start = time.perf_counter()
            result = run(x[:n], y[:n])
            seconds.append(time.perf_counter() - start)
        assert result is not None
        found[name] = [result.robust_accuracy().value, seconds[0], float(np.median(seconds[1:] or seconds))]
    return found


@script(__doc__, weights=Path, art=str, examples=300, few=60, rounds=5)
def main(arguments):
    os.environ.update(OMP_NUM_THREADS="1", TF_NUM_INTRAOP_THREADS="1", TF_NUM_INTEROP_THREADS="1")
    from adversarial_mnist import small_cnn

    from deepbio.datasets import load_dataset

    data, n = load_dataset("mnist"), arguments.examples
    x, y = np.asarray(data.test.x[np.arange(n)]), np.asarray(data.test.y)[:n]
    with np.load(arguments.weights) as stored:
        weights = [stored[f"w{i}"] for i in range(8)]
    model = small_cnn()
    model.set_weights(weights)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "task.npz"
        np.savez(file, x=x, y=y, **{f"w{i}": one for i, one in enumerate(weights)})
        theirs = in_turns({"art": (arguments.art, _ART)}, 1, file, arguments.few, arguments.rounds)["art"][0]
    found = ours(model, x, y, arguments.few, arguments.rounds)
    rows = [
        [name, arguments.few if name == "autoattack" else n, f"{100 * found[name][0]:.1f}", f"{100 * theirs[name][0]:.1f}",
         *(f"{one[name][k]:.3f}" for k in (1, 2) for one in (found, theirs)), f"{theirs[name][2] / found[name][2]:.1f}"]
        for name in found
    ]  # fmt: skip
    write_page(
        arguments, "Attacks beside ART",
        f"MNIST, epsilon 0.3, L-infinity, `{arguments.weights.stem}`. PGD: 40 steps of 0.01 from the image. AutoAttack: ours is "
        "`autoattack_small` with 100 steps and 5,000 queries; ART's has its defaults.",
        table(("attack", "images", "accuracy, deepbio (%)", "ART (%)", "first call (s), deepbio", "ART", "seconds, deepbio", "ART",
               "ratio"), rows),
    )  # fmt: skip
