"""Weights of the Nucleotide Transformer as Hugging Face has them (`EsmModel`, `EsmForMaskedLM`), for `nucleotide_transformer`."""

from collections.abc import Mapping

import numpy as np

from deepbio.errors import WeightsError
from deepbio.zoo.importers.torch_layout import TorchState

_UNUSED = ("esm.contact_head.", "esm.pooler.", "esm.embeddings.position_ids")
_FREQUENCIES = "rotary_embeddings.inv_freq"


def esm(tensors: Mapping[str, np.ndarray], *, rotary: bool = True) -> dict[str, np.ndarray]:
    """Return the values of the variables of `nucleotide_transformer` with `head="masked_lm"`, by their paths.

    Without a masked language model's head in the state dict they are those of the encoder alone. The contact head, the pooler
    and the frequencies of the rotation, which the model computes, are left out.

    Args:
        tensors: Name of each tensor to its values, with or without `esm.` before the names.
        rotary: Whether the model rotates queries and keys; learned positions in the state dict are then unused and left out.

    Raises:
        WeightsError: Tensors are missing or left over; the message names them.
    """
    prefix = "" if any(name.startswith(("esm.", "lm_head.")) for name in tensors) else "esm."
    named = {f"{prefix}{name}": values for name, values in tensors.items()}
    state = TorchState(
        {name: v for name, v in named.items() if not name.startswith(_UNUSED) and not name.endswith(_FREQUENCIES)}
    )
    positions = "esm.embeddings.position_embeddings.weight"
    if rotary:
        state.skip(positions)
    else:
        state.take(positions, "positions/embeddings")
    state.take("esm.embeddings.word_embeddings.weight", "tokens/embeddings")
    for i in range(state.count("esm.encoder.layer.{}.LayerNorm.weight")):
        _take_layer(state, f"esm.encoder.layer.{i}", f"layer_{i}")
    state.layer_norm("esm.encoder.emb_layer_norm_after", "last_norm")
    if "lm_head.dense.weight" in state:
        _take_head(state, named)
    return state.finish()


def _take_layer(state: TorchState, name: str, path: str) -> None:
    state.layer_norm(f"{name}.attention.LayerNorm", f"{path}_attention_norm")
    parts = [f"{name}.attention.self.{part}" for part in ("query", "key", "value")]
    state.joined_dense(parts, f"{path}_attention/project")
    state.dense(f"{name}.attention.output.dense", f"{path}_attention/join")
    state.layer_norm(f"{name}.LayerNorm", f"{path}_mlp_norm")
    biases = f"{name}.intermediate.dense.bias" in state  # version 2 has none
    state.dense(f"{name}.intermediate.dense", f"{path}_mlp_in", bias=biases)
    state.dense(f"{name}.output.dense", f"{path}_mlp_out", bias=biases)


def _take_head(state: TorchState, named: Mapping[str, np.ndarray]) -> None:
    state.dense("lm_head.dense", "lm_dense")
    state.layer_norm("lm_head.layer_norm", "lm_norm")
    state.take("lm_head.bias", "head/bias")
    state.skip("lm_head.decoder.bias")  # the same values as lm_head.bias
    if "lm_head.decoder.weight" in state:
        state.take("lm_head.decoder.weight", "head/kernel", (1, 0))
        return
    tied = named.get("esm.embeddings.word_embeddings.weight")
    if tied is None:
        raise WeightsError(
            "The state dict lacks esm.embeddings.word_embeddings.weight, to which lm_head.decoder is tied."
        )
    state.add("head/kernel", tied.T)
