"""enformer-pytorch: Enformer in PyTorch (github.com/lucidrains/enformer-pytorch)."""

from collections.abc import Sequence

from deepbio.specs import ModelInput, Task
from deepbio.zoo.importers.formats._relative_transformer import (
    count,
    cropping_to,
    heads_of,
    joined_dense,
    transformer_options,
    transformer_table,
)
from deepbio.zoo.importers.importer import Conversion, register_importer
from deepbio.zoo.importers.published_file import PublishedFile
from deepbio.zoo.importers.tables import Table, batch_norm, changed, convolution

_IN_TRUNK = {"stem": "_trunk.1", "conv_tower": "_trunk.2", "transformer": "_trunk.4", "final_pointwise": "_trunk.6"}


@register_importer(
    "enformer_pytorch",
    summary="Enformer of enformer-pytorch: its state_dict, such as EleutherAI/enformer-official-rough",
    architectures=("enformer",),
    signature=("_heads.*.0.weight", "*.to_attn_logits.weight", "*.rel_content_bias"),
    repository="https://github.com/lucidrains/enformer-pytorch",
    licence=None,
    citation="Avsec et al. 2021, Nature Methods, doi:10.1038/s41592-021-01252-x",
    get="The file pytorch_model.bin of EleutherAI/enformer-official-rough on Hugging Face, converted from DeepMind's weights.",
)
def enformer_pytorch(
    file: PublishedFile,
    *,
    length: int = 196_608,
    bins: int | None = 896,
    gamma: str = "gamma",
    labels: Sequence[str] = (),
) -> Conversion:
    """Convert an Enformer. The human and the mouse head become one, human tracks first.

    Args:
        file: State dict. A trunk that is in it twice (`stem` and `_trunk.1`, and so on) is read once.
        length: Length of the windows.
        bins: Bins to keep in the middle; `None` keeps all.
        gamma: `"gamma"` for weights from DeepMind's; `"gamma_by_position"` for those trained without `use_tf_gamma`.
        labels: Names of the tracks.
    """
    names = {
        ours: ours if f"{ours}.0.weight" in file or "stem.0.weight" in file else inside
        for ours, inside in _IN_TRUNK.items()
    }
    stem, tower, layers, final = (names[part] for part in _IN_TRUNK)
    filters = [file.shape(f"{tower}.{i}.0.2.weight")[0] for i in range(count(file, f"{tower}.{{}}.0.2.weight"))]
    heads, outputs = heads_of(file, ("_heads.human.0", "_heads.mouse.0"))
    options = transformer_options(file, layers)
    table = convolution("stem_conv", f"{stem}.0") | _residual_and_pool("stem", stem)
    for i in range(len(filters)):
        table |= _block(f"tower_{i}", f"{tower}.{i}.0") | _residual_and_pool(f"tower_{i}", f"{tower}.{i}")
    table |= transformer_table(options["num_layers"], layers)
    table |= _block("final", f"{final}.1") | joined_dense("head", heads)
    config = {
        **options,
        "stem_filters": file.shape(f"{stem}.0.weight")[0],
        "tower_filters": tuple(filters),
        "gamma": gamma,
        "cropping": cropping_to(length >> 1 + len(filters), bins),
        "head_filters": file.shape(f"{final}.1.2.weight")[0],
    }
    unused = ("*.num_batches_tracked", *(() if stem.startswith("_trunk") else ("_trunk.*",)))
    about = f"Tracks, in order: {', '.join(name.split('.')[1] for name in heads)}."
    return Conversion(
        "enformer", ModelInput("dna", (length,)), outputs, Task("counts", outputs, tuple(labels)), table, config, unused=unused,
        about=about,
    )  # fmt: skip


def _block(path: str, name: str) -> Table:
    return batch_norm(f"{path}_norm", f"{name}.0") | convolution(f"{path}_conv", f"{name}.2")


def _residual_and_pool(path: str, name: str) -> Table:
    pool = changed(f"{path}_pool", "kernel", f"{name}.2.to_attn_logits.weight", lambda w: w.reshape(w.shape[:2]).T)
    return _block(f"{path}_residual", f"{name}.1.fn") | pool
