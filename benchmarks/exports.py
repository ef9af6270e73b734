"""Export the presets of the catalog to every format: difference from `predict`, size, and what int8 weights cost.

    python benchmarks/exports.py [--presets NAME ...] [--out benchmarks/results/exports.md]

The difference is the largest one on the golden inputs, as a fraction of the largest prediction if that is over 1. The loss of
int8 is measured on the test split where the data set of the preset comes with the package.
"""

import tempfile
from pathlib import Path

from _table import script, table, write_page

from deepbio.catalog import entries
from deepbio.datasets import load_dataset
from deepbio.errors import DeepbioError
from deepbio.export import FORMATS, compare_exported, export
from deepbio.zoo import describe, get_model

COLUMNS = ("preset", "format", "difference", "MB", "first metric of the test split, float32", "int8")


def forms() -> list[tuple[str, bool]]:
    """Return every format, and those with int8 once more."""
    return [(name, int8) for name, format in FORMATS.items() for int8 in (False, True) if format.int8 or not int8]


def measured(name: str, format: str, *, int8: bool) -> list[str]:
    model, label = get_model(name), f"{format} int8" if int8 else format
    with tempfile.TemporaryDirectory() as folder:
        try:
            found = export(model, Path(folder) / "out", format=format, int8=int8)
        except DeepbioError as error:
            return [f"`{name}`", label, f"refused: {str(error)[:90]}", "", "", ""]
        figures = ["", ""]
        if int8:
            origin = describe(model).dataset or {}
            split = load_dataset(origin["name"], **origin.get("options", {})).test
            before, after = compare_exported(model, found, split)
            metric = next(iter(before.metrics))
            figures = [f"{metric} {before.metrics[metric]}", str(after.metrics[metric])]
        return [f"`{name}`", label, f"{found.difference:.1e}", f"{found.size / 1e6:.2f}", *figures]


@script(__doc__, presets=[""])
def main(arguments) -> None:
    """Export, compare and write the page."""
    chosen = [name for name in arguments.presets if name] or [folder.name for folder in entries("zoo")]
    rows = [measured(name, format, int8=int8) for name in chosen for format, int8 in forms()]
    about = "Every preset named, in every format, beside `predict` of the same process."
    write_page(arguments, "Exports of the presets", about, table(COLUMNS, rows))
