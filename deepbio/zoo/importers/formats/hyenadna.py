"""HyenaDNA as its authors publish it: `model.safetensors` of Hugging Face, or the checkpoint `weights.ckpt`."""

import numpy as np

from deepbio.errors import WeightsError
from deepbio.layers.hyena import decay_rates
from deepbio.specs import ModelInput, Task
from deepbio.zoo.importers.formats._relative_transformer import count
from deepbio.zoo.importers.importer import Conversion, register_importer
from deepbio.zoo.importers.published_file import PublishedFile
from deepbio.zoo.importers.tables import Table, changed, dense, layer_norm, same

_WORDS = "backbone.embeddings.word_embeddings.weight"
_BUFFERS = ("*.pos_emb.z", "*.pos_emb.t", "*.modulation.deltas")  # computed here


@register_importer(
    "hyenadna",
    summary="HyenaDNA of Hugging Face (model.safetensors), or the authors' checkpoint (weights.ckpt)",
    architectures=("hyenadna_tiny", "hyenadna_small", "hyenadna_medium", "hyenadna_large"),
    signature=(f"*{_WORDS}", "*backbone.layers.0.mixer.filter_fn.bias"),
    repository="https://github.com/HazyResearch/hyena-dna",
    licence="BSD-3-Clause",
    citation="Nguyen et al. 2023, NeurIPS, arXiv:2306.15794",
    get="model.safetensors of https://huggingface.co/LongSafari/hyenadna-tiny-1k-seqlen-hf and its like, or weights.ckpt of the "
    "repositories without -hf.",
)
def hyenadna(file: PublishedFile, *, length: int | None = None) -> Conversion:
    """Convert a language model of single bases with its head of next bases, which `finetune` replaces.

    Args:
        file: State dict.
        length: Length of the windows; by default the longest that the weights take, without the two special tokens.
    """
    words = next((name for name in file.arrays if name.endswith(_WORDS)), _WORDS)
    prefix = words.removesuffix(_WORDS)
    vocabulary, channels = file.shape(words)
    layers = count(file, f"{prefix}backbone.layers.{{}}.mixer.in_proj.weight")
    first = f"{prefix}backbone.layers.0.mixer.filter_fn"
    _, longest, features = file.shape(f"{first}.pos_emb.z")
    inner = sum(f"{first}.implicit_filter.{2 * i}.bias" in file for i in range(20)) - 1
    for i in range(layers):
        _check_buffers(file, f"{prefix}backbone.layers.{i}.mixer.filter_fn", channels, longest)
    config = {
        "embedding_dim": channels, "num_layers": layers, "max_length": longest,
        "filter_units": file.shape(f"{first}.implicit_filter.0.bias")[0],
        "position_features": features, "num_inner": inner, "vocabulary_size": vocabulary, "head": "next_base",
        "mlp_units": file.shape(f"{prefix}backbone.layers.0.mlp.fc1.bias")[0],
    }  # fmt: skip
    table = same("tokens", "embeddings", words) | layer_norm("last_norm", f"{prefix}backbone.ln_f")
    for i in range(layers):
        table |= _layer(file, f"layer_{i}", f"{prefix}backbone.layers.{i}", inner)
    outer = next((name for name in file.arrays if name.endswith("lm_head.weight")), words)  # tied to the embedding
    table |= changed("head", "kernel", outer, lambda w: w.T)
    name = {(128, 2): "hyenadna_tiny", (256, 4): "hyenadna_small"}.get((channels, layers), "hyenadna_tiny")
    if (channels, layers) == (256, 8):
        name = "hyenadna_large" if longest > 500_000 else "hyenadna_medium"
    return Conversion(
        name, ModelInput("dna", (length or longest - 2,)), vocabulary, Task("per_position", vocabulary), table, config,
        unused=_BUFFERS, about="Output i at a position is the logit that token i comes next; tokens 7 to 11 are A, C, G, T and N.",
    )  # fmt: skip


def _layer(file: PublishedFile, path: str, name: str, inner: int) -> Table:
    table = layer_norm(f"{path}_mixer_norm", f"{name}.norm1") | layer_norm(f"{path}_mlp_norm", f"{name}.norm2")
    table |= dense(f"{path}_project", f"{name}.mixer.in_proj") | dense(f"{path}_join", f"{name}.mixer.out_proj")
    table |= dense(f"{path}_mlp_in", f"{name}.mlp.fc1") | dense(f"{path}_mlp_out", f"{name}.mlp.fc2")
    table |= changed(f"{path}_short", "kernel", f"{name}.mixer.short_filter.weight", lambda w: w.transpose(2, 0, 1))
    table |= same(f"{path}_short", "bias", f"{name}.mixer.short_filter.bias")
    network = f"{name}.mixer.filter_fn.implicit_filter"
    for i in range(inner + 1):
        table |= changed(f"{path}_long", f"kernel_{i + 1}", f"{network}.{2 * i}.weight", lambda w: w.T)
        table |= same(f"{path}_long", f"bias_{i + 1}", f"{network}.{2 * i}.bias")
    # one sine for all layers of the network, which a file repeats (PyTorch) or has once (safetensors)
    sines = tuple(sine for i in range(inner + 1) if (sine := f"{network}.{2 * i + 1}.freq") in file)
    table |= changed(f"{path}_long", "frequency", sines or f"{network}.1.freq", _one_of_equals)
    table |= changed(f"{path}_long", "kernel", f"{network}.{2 * inner + 2}.weight", lambda w: w.T)
    return table | same(f"{path}_long", "skip", f"{name}.mixer.filter_fn.bias")


def _one_of_equals(*arrays: np.ndarray) -> np.ndarray:
    if any(not np.array_equal(array, arrays[0]) for array in arrays):
        raise ValueError("the sines of one filter differ")
    return arrays[0].reshape(-1)


def _check_buffers(file: PublishedFile, name: str, channels: int, longest: int) -> None:
    """Compare what is computed here with what the file has: rates of decay, and the time at the ends."""
    rates, time = file[f"{name}.modulation.deltas"].reshape(-1), file[f"{name}.pos_emb.z"][0, :, 0]
    same_rates = rates.shape == (channels,) and np.allclose(np.abs(rates), decay_rates(channels), rtol=1e-4)
    if not same_rates or not np.allclose(time[[0, -1]], (0, 1), atol=1e-4) or len(time) != longest:
        raise WeightsError(
            f"{file.path}: the positions or the decay of {name} are not those of the published HyenaDNA."
        )
