"""Weights of enformer-pytorch, Phil Wang's Enformer in PyTorch, for the architecture `enformer`."""

from collections.abc import Mapping

import numpy as np

from deepbio.zoo.importers.relative_transformer import take_transformer
from deepbio.zoo.importers.torch_layout import TorchState


def enformer_pytorch(tensors: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the values of the variables of `enformer`, by their paths, from a state dict of enformer-pytorch.

    The human and the mouse head become one, human tracks first.

    Args:
        tensors: Name of each tensor to its values. The copies of the trunk (`_trunk.`), which the state dict has beside the
            layers themselves, are left out.

    Raises:
        WeightsError: Tensors are missing or left over; the message names them.
    """
    state = TorchState({name: values for name, values in tensors.items() if not name.startswith("_trunk.")})
    state.conv1d("stem.0", "stem_conv")
    _take_residual_and_pool(state, "stem", "stem")
    for i in range(state.count("conv_tower.{}.0.0.weight")):
        _take_block(state, f"conv_tower.{i}.0", f"tower_{i}")
        _take_residual_and_pool(state, f"conv_tower.{i}", f"tower_{i}")
    take_transformer(state)
    _take_block(state, "final_pointwise.1", "final")
    state.heads(("_heads.human.0", "_heads.mouse.0"), "head")
    return state.finish()


def _take_block(state: TorchState, name: str, path: str) -> None:
    state.batch_norm(f"{name}.0", f"{path}_norm")
    state.conv1d(f"{name}.2", f"{path}_conv")


def _take_residual_and_pool(state: TorchState, name: str, path: str) -> None:
    _take_block(state, f"{name}.1.fn", f"{path}_residual")
    state.take_inner(f"{name}.2.to_attn_logits.weight", f"{path}_pool/kernel", (1, 0))
