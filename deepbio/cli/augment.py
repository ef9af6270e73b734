"""`deepbio augment`: the augmentations, and a picture of what one does to a data set."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from deepbio.cli.console import key_values, load_tensorflow, note, show_table
from deepbio.cli.options import with_groups
from deepbio.cli.own_data import DataOptions, load_data
from deepbio.errors import DeepbioError

if TYPE_CHECKING:
    from deepbio.datasets import Dataset

app = typer.Typer(help="List augmentations, or show what one does.", no_args_is_help=True)


@app.command(name="list")
def list_() -> None:
    """List the policies and the operations."""
    load_tensorflow()
    from deepbio.augment import POLICIES, list_operations

    rows = []
    for modality, policies in POLICIES.items():
        rows += [(modality, "policy", name, _in_words(steps)) for name, steps in policies.items()]
        rows += [(modality, "operation", name, "") for name in list_operations(modality)]
    show_table(["input", "kind", "name", "what it does"], rows)


@app.command()
@with_groups
def preview(
    dataset: Annotated[str | None, typer.Argument(help="Data set; `deepbio datasets` lists them.")] = None,
    *,
    augment: Annotated[str, typer.Option(help="Augmentation: a policy, an operation, or a list of them.")] = "light",
    out: Annotated[Path, typer.Option("--out", "-o", help="PNG file.")] = Path("sheet.png"),
    examples: Annotated[int, typer.Option(min=1, help="Number of examples, one per row.")] = 6,
    columns: Annotated[int, typer.Option(min=1, help="Number of augmented columns.")] = 7,
    seed: Annotated[int, typer.Option(help="Random seed of the augmentation.")] = 0,
    data: DataOptions,
) -> None:
    """Draw some training examples, each unchanged and augmented several times. A folder of images needs no classes."""
    name, options = data.read(dataset)
    if name is None:
        raise DeepbioError("Expected a data set or your own files, for example: deepbio augment preview digits")
    loaded = _pictures(name, options) or load_data(name, options)
    load_tensorflow()
    from deepbio.augment.preview import preview_sheet

    preview_sheet(loaded, read_augment(augment), out, examples=examples, columns=columns, seed=seed)
    note(f"Written to {out}.")


def _pictures(name: str, options: Mapping[str, Any]) -> Dataset | None:
    """Return the images of a folder as training examples, whatever its subfolders; None for masks and other kinds of data."""
    from deepbio.datasets import Dataset, Split
    from deepbio.datasets.build.image_layout import segmentation_pairs
    from deepbio.datasets.readers import read_images
    from deepbio.files import check_exists
    from deepbio.specs import ModelInput, Task

    how = {key: value for key, value in options.items() if key in ("shape", "window", "nan", "orient")}
    if "folder" not in options or "manifest" in options:
        return None
    folder = check_exists(options["folder"], folder=True)
    if segmentation_pairs(folder) is not None:
        return None
    images = read_images(folder, **how)
    some = Split(images, np.zeros(len(images), np.int64))
    return Dataset(name, Task("binary", 1), ModelInput("image", images.shape[1:]), some, some.take([]), some.take([]))


def read_augment(text: str | None) -> Any:
    """Read the value of `--augment`: a name, names separated by commas, or YAML.

    Example:
        >>> read_augment("flip,rotate"), read_augment("[flip, {rotate: {degrees: 5}}]")
        (['flip', 'rotate'], ['flip', {'rotate': {'degrees': 5}}])
    """
    return None if text is None else key_values([f"augment={text}"], option="--augment")["augment"]


def _in_words(steps: Any) -> str:
    parts = []
    for one in steps:
        if isinstance(one, str):
            parts.append(one)
            continue
        ((name, options),) = one.items()
        parts.append(f"{name}(" + ", ".join(f"{k}={_value(v)}" for k, v in options.items()) + ")")
    return ", ".join(parts)


def _value(value: Any) -> str:
    return f"[{_in_words(value)}]" if isinstance(value, (list, tuple)) else str(value)
