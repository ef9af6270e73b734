"""The side of the authors: builds a model with random weights, saves it as they do, and writes what it returns."""

import sys
from pathlib import Path

import numpy as np
import torch  # type: ignore[reportMissingImports]

CASES = {}


def case(function):
    CASES[function.__name__] = function
    return function


def randomize(module):
    """Draw weights and statistics of batch normalization that are not those of a fresh model."""
    random = torch.Generator().manual_seed(0)
    for name, values in [*module.named_parameters(), *module.named_buffers()]:
        if values.dtype != torch.float32:
            continue
        noise = torch.randn(values.shape, generator=random)
        with torch.no_grad():
            if name.endswith("running_var"):
                values.copy_(0.5 + noise.abs())
            elif values.ndim > 1:
                values.copy_(noise * (values[0].numel() ** -0.5))
            else:
                values.copy_(0.3 * noise + (1 if name.endswith("weight") else 0))
    return module.eval()


def dna(length, examples=2):
    """Return codes, and their one-hot form `(examples, 4, length)`; code 4 is all zeros."""
    codes = np.random.Generator(np.random.Philox(1)).integers(0, 5, (examples, length)).astype(np.uint8)
    return codes, torch.tensor(np.eye(5, 4, dtype=np.float32)[codes].transpose(0, 2, 1))


def log_softmax(profile):
    """Over positions and tracks; `(examples, tracks, positions)` becomes `(examples, positions, tracks)`."""
    flat = torch.log_softmax(profile.flatten(1), dim=1)
    return flat.reshape(profile.shape).permute(0, 2, 1).numpy()


def _bpnet(folder, outputs):
    from bpnetlite import BPNet  # type: ignore[reportMissingImports]

    model = randomize(BPNet(n_filters=12, n_layers=3, n_outputs=outputs, n_control_tracks=0, verbose=False))
    torch.save(model, folder / "model.torch")
    codes, x = dna(300)
    with torch.no_grad():
        profile, counts = model(x)
    return {"codes": codes, "profile": log_softmax(profile), "counts": counts[:, 0].numpy()}


@case
def bpnet(folder):
    return _bpnet(folder, 1)


@case
def bpnet_strands(folder):
    return _bpnet(folder, 2)


if __name__ == "__main__":
    torch.set_num_threads(1)
    target = Path(sys.argv[2])
    np.savez(target / "result.npz", **CASES[sys.argv[1]](target))
