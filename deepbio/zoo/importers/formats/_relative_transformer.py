"""What the state dicts of enformer-pytorch and borzoi-pytorch share: transformer layers, and heads that read the same features."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from deepbio.errors import WeightsError
from deepbio.zoo.importers.published_file import PublishedFile
from deepbio.zoo.importers.tables import Table, changed, dense, layer_norm

_PARTS = {"to_q": "query", "to_k": "key", "to_v": "value", "to_rel_k": "position"}
_BIASES = {"rel_content_bias": "content_bias", "rel_pos_bias": "position_bias"}


def count(file: PublishedFile, pattern: str) -> int:
    """Return how many of `pattern.format(0)`, `pattern.format(1)` and so on the file has, up to the first that it lacks."""
    n = 0
    while pattern.format(n) in file:
        n += 1
    return n


def transformer_options(file: PublishedFile, layers: str) -> dict[str, Any]:
    """Return the options of the transformer, read off the arrays of its first layer. `layers` is the name of all of them."""
    attention = f"{layers}.0.0.fn.1"
    _, heads, _, key_dim = file.shape(f"{attention}.rel_content_bias")
    return {
        "num_layers": count(file, f"{layers}.{{}}.0.fn.0.weight"),
        "num_heads": heads,
        "key_dim": key_dim,
        "value_dim": file.shape(f"{attention}.to_v.weight")[0] // heads,
        "position_channels": file.shape(f"{attention}.to_rel_k.weight")[1],
    }


def transformer_table(num_layers: int, layers: str) -> Table:
    """Return the table of the layers of `deepbio.zoo.dna.relative_transformer`."""
    table: Table = {}
    for i in range(num_layers):
        attention, mlp, path = f"{layers}.{i}.0.fn", f"{layers}.{i}.1.fn", f"transformer_{i}"
        table |= layer_norm(f"{path}_attention_norm", f"{attention}.0")
        for theirs, ours in _PARTS.items():
            table |= dense(f"{path}_attention/{ours}", f"{attention}.1.{theirs}", bias=False)
        table |= dense(f"{path}_attention/join", f"{attention}.1.to_out")
        for theirs, ours in _BIASES.items():
            table |= changed(f"{path}_attention", ours, f"{attention}.1.{theirs}", lambda b: b.squeeze(0))
        table |= layer_norm(f"{path}_mlp_norm", f"{mlp}.0")
        table |= dense(f"{path}_mlp_in", f"{mlp}.1") | dense(f"{path}_mlp_out", f"{mlp}.4")
    return table


def joined_dense(layer: str, names: Sequence[str]) -> Table:
    """Take linear layers, `(out, in)` or `(out, in, 1)`, that read the same features as one dense layer, in order."""
    weights, biases = (tuple(f"{name}.{part}" for name in names) for part in ("weight", "bias"))
    table = changed(layer, "kernel", weights, lambda *w: np.concatenate([each.reshape(each.shape[:2]) for each in w]).T)
    return table | changed(layer, "bias", biases, lambda *b: np.concatenate(b))


def heads_of(file: PublishedFile, names: Sequence[str]) -> tuple[list[str], int]:
    """Return the heads that the file has, in the order of `names`, and the number of their outputs.

    Raises:
        WeightsError: It has none of them.
    """
    found = [name for name in names if f"{name}.weight" in file]
    if not found:
        raise WeightsError(f"{file.path} has no head: expected {' or '.join(f'{name}.weight' for name in names)}.")
    return found, sum(file.shape(f"{name}.weight")[0] for name in found)


def cropping_to(bins: int, kept: int | None) -> int:
    """Return the bins to remove at each end of `bins`, to keep `kept`; none if that is `None` or no less.

    Example:
        >>> cropping_to(1536, 896), cropping_to(16, 896)
        (320, 0)
    """
    return 0 if kept is None else max(0, (bins - kept) // 2)
