"""The side of the authors: builds a model with random weights, saves it as they do, and writes what it returns."""

import functools
import importlib.util
import os
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


@case
def chrombpnet(folder):
    from bpnetlite import BPNet  # type: ignore[reportMissingImports]
    from bpnetlite.chrombpnet import ChromBPNet  # type: ignore[reportMissingImports]

    parts = [
        BPNet(n_filters=n, n_layers=k, n_outputs=1, n_control_tracks=0, verbose=False) for n, k in ((8, 2), (12, 3))
    ]
    model = randomize(ChromBPNet(*parts))
    torch.save(model, folder / "model.torch")
    codes, x = dna(300)
    with torch.no_grad():
        profile, counts = model(x)
    return {"codes": codes, "profile": log_softmax(profile), "counts": counts[:, 0].numpy()}


@case
def openspliceai(folder):
    from openspliceai.train_base.openspliceai import SpliceAI  # type: ignore[reportMissingImports]

    windows, rates = np.array([11] * 8), np.array([1] * 4 + [4] * 4)
    model = randomize(SpliceAI(6, windows, rates, apply_softmax=False))
    torch.save(model.state_dict(), folder / "model_best.pt")
    codes, x = dna(421)
    with torch.no_grad():
        return {"codes": codes, "logits": model(x).permute(0, 2, 1).numpy()}


@case
def pangolin(folder):
    """Write `pangolin/model.py` of the authors' repository, which PANGOLIN names, at its own size."""
    sys.path.insert(0, os.environ.get("PANGOLIN", "No module named pangolin"))
    from pangolin.model import AR, L, Pangolin, W  # type: ignore[reportMissingImports]

    model = randomize(Pangolin(L, W, AR))
    torch.save(model.state_dict(), folder / "final.1.0.3")
    codes, x = dna(10_021, 1)
    with torch.no_grad():
        outputs = model(x)[0].numpy()
    return {"codes": codes, "p": outputs, "parameters": sum(w.numel() for w in model.parameters())}


def pixels(size, channels, examples=2):
    """Return images of 8 bits, and as floats from 0 to 1 with channels first."""
    images = (
        np.random.Generator(np.random.Philox(2)).integers(0, 256, (examples, size, size, channels)).astype(np.uint8)
    )
    return images, torch.tensor(images.transpose(0, 3, 1, 2).astype(np.float32) / 255)


@case
def torchxrayvision(folder):
    import torchxrayvision as xrv  # type: ignore[reportMissingImports]

    model = randomize(xrv.models.DenseNet(num_classes=18, in_channels=1))
    with torch.no_grad():
        model.features.conv0.weight /= 300  # as a trained network has it, for pixels from -1024 to 1024
    torch.save(model, folder / "nih-pc-chex-mimic_ch-google-openi-kaggle-densenet121-d121-best.pt")
    images, _ = pixels(224, 1)
    x = torch.tensor(xrv.datasets.normalize(images[..., 0].astype(np.float32), 255)[:, None])
    with torch.no_grad():
        logits = model(x)
        norm = xrv.models.op_norm(torch.sigmoid(logits), torch.tensor(xrv.models.model_urls["all"]["op_threshs"]))
    return {"images": images, "logits": logits.numpy(), "normed": norm.numpy()}


def _timm(folder, name, size, **options):
    import timm  # type: ignore[reportMissingImports]
    from safetensors.torch import save_file  # type: ignore[reportMissingImports]

    model = randomize(timm.create_model(name, pretrained=False, num_classes=10, **options))
    save_file(model.state_dict(), folder / "model.safetensors")
    images, x = pixels(size, 3)
    mean, std = (torch.tensor(model.pretrained_cfg[key]).reshape(3, 1, 1) for key in ("mean", "std"))
    with torch.no_grad():
        return {"images": images, "logits": model((x - mean) / std).numpy()}


_EFFICIENTNETS = ("tf_efficientnet_lite0", *(f"tf_efficientnet_b{i}" for i in range(8)))
for _name in ("resnet18", "resnet34", "resnet50", *_EFFICIENTNETS):
    CASES[_name] = functools.partial(_timm, name=_name, size=96)


def kipoi(folder, module, attribute):
    """Load a module of the repository kipoi/models, which KIPOI_MODELS names."""
    path = Path(os.environ.get("KIPOI_MODELS", "/No module named kipoi")) / module
    if not path.is_file():
        raise ImportError(f"No module named {path}")
    spec = importlib.util.spec_from_file_location("kipoi_model", path)
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return randomize(getattr(found, attribute))


@case
def kipoi_basset(folder):
    model = kipoi(folder, "Basset/pretrained_model_reloaded_th.py", "model")
    torch.save(model.state_dict(), folder / "model.pth")
    codes, x = dna(600)
    with torch.no_grad():
        return {"codes": codes, "p": model(x[..., None]).numpy()}


@case
def kipoi_deepsea(folder):
    model = kipoi(folder, "DeepSEA/model_architecture.py", "veff_model")
    torch.save(model.state_dict(), folder / "model.pth")
    codes, x = dna(1000)
    with torch.no_grad():
        return {"codes": codes, "p": model(x[:, :, None]).numpy()}


def main():
    torch.set_num_threads(1)
    target = Path(sys.argv[2])
    np.savez(target / "result.npz", **CASES[sys.argv[1]](target))


if __name__ == "__main__":
    main()
