"""Weights of borzoi-pytorch, Johannes Hingerl's Borzoi in PyTorch, for the architecture `borzoi`."""

from collections.abc import Mapping

import numpy as np

from deepbio.zoo.importers.relative_transformer import take_transformer
from deepbio.zoo.importers.torch_layout import TorchState

_BLOCKS = {
    "unet1.1": "deep",
    "upsampling_unet1.0": "decoder_1_up",
    "horizontal_conv1": "decoder_1_skip",
    "upsampling_unet0.0": "decoder_0_up",
    "horizontal_conv0": "decoder_0_skip",
    "final_joined_convs.0": "final",
}


def borzoi_pytorch(tensors: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the values of the variables of `borzoi`, by their paths, from a state dict of borzoi-pytorch.

    The human and the mouse head become one, human tracks first. The variant with flash attention ("Flashzoi") has other layers.

    Args:
        tensors: Name of each tensor to its values.

    Raises:
        WeightsError: Tensors are missing or left over; the message names them.
    """
    state = TorchState(tensors)
    state.conv1d("conv_dna.conv_layer", "stem_conv")
    # convolutions and pools without weights take turns
    tower = [f"res_tower.{2 * i}" for i in range(16) if f"res_tower.{2 * i}.norm.weight" in state]
    for name, path in [*zip(tower, (f"tower_{i}" for i in range(len(tower))), strict=True), *_BLOCKS.items()]:
        state.batch_norm(f"{name}.norm", f"{path}_norm")
        state.conv1d(f"{name}.conv_layer", f"{path}_conv")
    take_transformer(state)
    for i in range(2):
        state.take(f"separable{i}.conv_layer.0.weight", f"decoder_{i}_separable/depthwise_kernel", (2, 0, 1))
        state.take(f"separable{i}.conv_layer.1.weight", f"decoder_{i}_separable/pointwise_kernel", (2, 1, 0))
        state.take(f"separable{i}.conv_layer.1.bias", f"decoder_{i}_separable/bias")
    state.heads(("human_head", "mouse_head"), "head")
    return state.finish()
