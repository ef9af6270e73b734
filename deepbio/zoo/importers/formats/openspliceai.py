"""OpenSpliceAI: SpliceAI trained again in PyTorch, with LeakyReLU (github.com/Kuanhao-Chao/OpenSpliceAI)."""

from deepbio.errors import WeightsError
from deepbio.specs import ModelInput, Task
from deepbio.zoo.importers.importer import Conversion, register_importer
from deepbio.zoo.importers.published_file import PublishedFile
from deepbio.zoo.importers.tables import Table, batch_norm, convolution

_NAMES = {
    8: "spliceai_80nt",
    16: "spliceai_400nt",
    24: "spliceai_2k",
    32: "spliceai_10k",
}  # by convolutions of the units


@register_importer(
    "openspliceai",
    summary="OpenSpliceAI's model_best.pt: SpliceAI's network with LeakyReLU(0.1)",
    architectures=tuple(_NAMES.values()),
    signature=("initial_conv.weight", "initial_skip.conv.weight", "residual_units.0.conv1.weight", "final_conv.weight"),
    repository="https://github.com/Kuanhao-Chao/OpenSpliceAI",
    licence="GPL-3.0",
    citation="Chao et al. 2025, eLife, doi:10.7554/eLife.107454",
    get="The folder models/ of the repository, or ftp.ccb.jhu.edu/pub/data/OpenSpliceAI: one .pt per species, context and seed.",
)
def openspliceai(file: PublishedFile, *, positions: int = 101) -> Conversion:
    """Convert one network; its context follows from its layers.

    Args:
        file: State_dict.
        positions: Positions that a window returns; the window is longer by the context.
    """
    count = sum(
        name.startswith("residual_units.") and ".conv" in name and name.endswith("weight") for name in file.arrays
    )
    units = [f"residual_units.{i}" for i in range(count) if f"residual_units.{i}.conv1.weight" in file]
    skips = [f"residual_units.{i}" for i in range(count) if f"residual_units.{i}.conv.weight" in file]
    if 2 * len(units) not in _NAMES:
        raise WeightsError(f"{file.path} has {len(units)} residual units; OpenSpliceAI's networks have 4, 8, 12 or 16.")
    table = convolution("stem", "initial_conv") | convolution("skip_0", "initial_skip.conv")
    table |= spliceai_table(units, "batchnorm", "conv")
    for i, name in enumerate(skips, start=1):
        table |= convolution(f"skip_{i}", f"{name}.conv")
    table |= convolution("head", "final_conv")
    context = {4: 80, 8: 400, 12: 2000, 16: 10_000}[len(units)]
    config = {"filters": file.shape("initial_conv.weight")[0], "negative_slope": 0.1, "epsilon": 1e-5}
    return Conversion(
        _NAMES[2 * len(units)], ModelInput("dna", (context + positions,)), 3,
        Task("per_position", 3, ("none", "acceptor", "donor")), table, config, unused=("*.num_batches_tracked",),
    )  # fmt: skip


def spliceai_table(units: list[str], norm: str, conv: str) -> Table:
    """Return the table of residual units whose parts are named `UNIT.norm1`, `UNIT.conv1`, `UNIT.norm2` and `UNIT.conv2`."""
    table: Table = {}
    for i, unit in enumerate(units, start=1):
        for half, number in (("a", 1), ("b", 2)):
            table |= batch_norm(f"unit_{i}{half}_norm", f"{unit}.{norm}{number}")
            table |= convolution(f"unit_{i}{half}_conv", f"{unit}.{conv}{number}")
    return table
