"""The transformer layers of enformer-pytorch and borzoi-pytorch, which share their names."""

from deepbio.zoo.importers.torch_layout import TorchState


def take_transformer(state: TorchState) -> None:
    """Take `transformer.N`, N from 0, as the layers of `deepbio.zoo.dna.relative_transformer`."""
    for i in range(state.count("transformer.{}.0.fn.0.weight")):
        attention, mlp, path = f"transformer.{i}.0.fn", f"transformer.{i}.1.fn", f"transformer_{i}"
        state.layer_norm(f"{attention}.0", f"{path}_attention_norm")
        for name, part in (("to_q", "query"), ("to_k", "key"), ("to_v", "value"), ("to_rel_k", "position")):
            state.dense(f"{attention}.1.{name}", f"{path}_attention/{part}", bias=False)
        state.dense(f"{attention}.1.to_out", f"{path}_attention/join")
        for name, part in (("rel_content_bias", "content_bias"), ("rel_pos_bias", "position_bias")):
            state.take_inner(f"{attention}.1.{name}", f"{path}_attention/{part}", (1, 2, 3))
        state.layer_norm(f"{mlp}.0", f"{path}_mlp_norm")
        state.dense(f"{mlp}.1", f"{path}_mlp_in")
        state.dense(f"{mlp}.4", f"{path}_mlp_out")
