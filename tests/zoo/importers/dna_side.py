"""The side of the authors of HyenaDNA, Sei, Malinois and ProCapNet, whose repositories environment variables name."""

import os
import sys
import types
from pathlib import Path

import numpy as np
import torch  # type: ignore[reportMissingImports]
from peers_side import case, dna, log_softmax, main, randomize


def repository(variable, folder=""):
    """Add a folder of the authors' repository to the path of modules."""
    path = Path(os.environ.get(variable, f"/No module named {variable}")) / folder
    if not path.is_dir():
        raise ImportError(f"No module named {path}")
    sys.path.insert(0, str(path))


def absent(name, **attributes):
    """Stand in for a package that the network does not use."""
    parts = name.split(".")
    for i in range(1, len(parts) + 1):
        sys.modules.setdefault(".".join(parts[:i]), types.ModuleType(parts[i - 1]))
    for key, value in attributes.items():
        setattr(sys.modules[name], key, value)


def count(model):
    return sum(w.numel() for w in model.parameters())


def _hyenadna(folder, classes, length=200, longest=258):
    absent("torchvision.ops", StochasticDepth=lambda p, mode: torch.nn.Identity())  # p is 0
    absent("transformers.tokenization_utils", AddedToken=object, PreTrainedTokenizer=object)
    repository("HYENADNA")
    from standalone_hyenadna import HyenaDNAModel  # type: ignore[reportMissingImports]

    def layer(longest):
        return {"l_max": longest, "emb_dim": 5, "filter_order": 64, "w": 10, "lr_pos_emb": 0.0}

    sizes = {}
    for name, (width, depth) in {"tiny": (128, 2), "small": (256, 4), "medium": (256, 8)}.items():
        network = HyenaDNAModel(width, depth, 4 * width, 12, layer(1026), pad_vocab_size_multiple=8, use_head=True)
        sizes[name] = count(network)
    options = {"pad_vocab_size_multiple": 8, "use_head": classes is not None, "n_classes": classes or 2}
    model = HyenaDNAModel(24, 2, 96, 12, {**layer(longest), "filter_order": 16}, **options).eval()
    random = torch.Generator().manual_seed(0)
    for name, values in model.named_parameters():
        noise = torch.randn(values.shape, generator=random)
        with torch.no_grad():  # filters that are far from zero, and far from equal
            fan = values[0].numel() if values.ndim > 1 and "freq" not in name else 4
            values.copy_(
                (1 if name.endswith(("norm1.weight", "norm2.weight", "ln_f.weight")) else 0) + noise * fan**-0.5
            )
            if "freq" in name:
                values.copy_(3 + noise.abs())
    codes, _ = dna(length)
    with torch.no_grad():
        outputs = model(torch.tensor(codes.astype(np.int64)) + 7)
        if classes is None:
            outputs = outputs @ model.backbone.embeddings.word_embeddings.weight.T
    state = {f"model.{name}": values for name, values in model.state_dict().items()}
    head = {}
    if classes is not None:
        head = {
            "kernel": state.pop("model.head.output_transform.weight").numpy().T,
            "bias": state.pop("model.head.output_transform.bias").numpy(),
        }
    torch.save({"state_dict": state, "epoch": 3}, folder / "weights.ckpt")
    return {"codes": codes, "outputs": outputs.numpy(), **sizes, **head}


@case
def hyenadna(folder):
    return _hyenadna(folder, None)


@case
def hyenadna_classes(folder):
    return _hyenadna(folder, 3)


@case
def sei(folder):
    """At its own widths, with few outputs and a short window."""
    repository("SEI", "model")
    from sei import Sei  # type: ignore[reportMissingImports]

    with torch.device("meta"):
        parameters = count(Sei())
    model = randomize(Sei(n_genomic_features=7))
    codes, x = dna(640)
    with torch.no_grad():
        outputs = model(x)
    torch.save({f"module.model.{name}": values for name, values in model.state_dict().items()}, folder / "sei.pth")
    return {"codes": codes, "p": outputs.numpy(), "parameters": parameters}


@case
def malinois(folder):
    """Write boda/model/basset.py of the authors, first at its own size for the count."""
    absent("lightning.pytorch", LightningModule=torch.nn.Module)
    repository("BODA2")
    import importlib.util

    root = Path(os.environ["BODA2"]) / "boda"
    absent("boda.model")
    absent("boda.common.utils", str2bool=bool)
    setattr(sys.modules["boda.common"], "utils", sys.modules["boda.common.utils"])  # noqa: B010
    for name in ("loss_functions", "custom_layers", "basset"):
        spec = importlib.util.spec_from_file_location(f"boda.model.{name}", root / "model" / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
        setattr(sys.modules["boda.model"], name, module)
    BassetBranched = sys.modules["boda.model.basset"].BassetBranched
    published = {"n_linear_layers": 1, "n_branched_layers": 3, "n_outputs": 3, "branched_activation": "ReLU"}
    whole = BassetBranched(branched_channels=140, **published)
    statistics = sum(b.numel() for name, b in whole.named_buffers() if "running" in name)
    model = randomize(
        BassetBranched(
            input_len=600, conv1_channels=12, conv2_channels=10, conv3_channels=8, linear_channels=20, branched_channels=6,
            **published,
        )
    )  # fmt: skip
    for name in ("branched.branched_layer_1", "branched.branched_layer_2", "branched.branched_layer_3", "output"):
        module = model.get_submodule(name)
        with torch.no_grad():
            module.weight.copy_(
                torch.randn(module.weight.shape, generator=torch.Generator().manual_seed(len(name))) / 2
            )
    torch.save(
        {"model_module": "BassetBranched", "model_state_dict": model.state_dict()}, folder / "torch_checkpoint.pt"
    )
    codes, x = dna(600)
    with torch.no_grad():
        return {"codes": codes, "outputs": model(x).numpy(), "parameters": count(whole) + statistics}


@case
def procapnet(folder):
    """Write the authors' model with its padding and its cut, at eight layers."""
    absent("misc", ensure_parent_dir_exists=None)
    repository("PROCAPNET", "src/2_train_models")
    from BPNet_strand_merged_umap import Model  # type: ignore[reportMissingImports]

    parameters = count(Model("none"))
    model = randomize(Model("none", n_filters=8, n_layers=8))
    torch.save(model.state_dict(), folder / "model.torch")
    codes, x = dna(2114)
    with torch.no_grad():
        profile, counts = model(x)
    return {
        "codes": codes,
        "profile": log_softmax(profile),
        "counts": counts[:, 0].numpy(),
        "parameters": parameters,
    }


if __name__ == "__main__":
    main()
