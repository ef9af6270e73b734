"""`deepbio augment`: see what an augmentation makes of a data set, and which there are."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from deepbio.cli.console import key_values, note, show_table
from deepbio.cli.quiet import load_tensorflow

app = typer.Typer(help="Show augmentations.", no_args_is_help=True)


@app.command(name="list")
def list_() -> None:
    """List the policies and the operations."""
    load_tensorflow()
    from deepbio.augment import POLICIES, list_operations

    rows = []
    for modality, policies in POLICIES.items():
        rows += [(modality, "policy", name, _told(said)) for name, said in policies.items()]
        rows += [(modality, "operation", name, "") for name in list_operations(modality)]
    show_table(["input", "kind", "name", "what it does"], rows)


@app.command()
def preview(
    dataset: Annotated[str, typer.Argument(help="A data set; `deepbio datasets` lists them.")],
    augment: Annotated[str, typer.Option(help="A policy, an operation, or a list of them.")] = "light",
    out: Annotated[Path, typer.Option("--out", "-o", help="A PNG file.")] = Path("sheet.png"),
    data_options: Annotated[
        list[str] | None, typer.Option("--data", metavar="KEY=VALUE", help="An option of the data set; repeatable.")
    ] = None,
    examples: Annotated[int, typer.Option(min=1, help="Rows of the sheet.")] = 6,
    draws: Annotated[int, typer.Option(min=1, help="Augmented columns of the sheet.")] = 7,
    seed: Annotated[int, typer.Option(help="Of the augmentation.")] = 0,
) -> None:
    """Draw some training examples, each as it is and augmented several times."""
    from deepbio.datasets import load_dataset

    data = load_dataset(dataset, **key_values(data_options or [], option="--data"))
    load_tensorflow()
    from deepbio.augment.preview import preview_sheet

    preview_sheet(data, read_augment(augment), out, examples=examples, draws=draws, seed=seed)
    note(f"Written to {out}.")


def read_augment(text: str | None) -> Any:
    """Read what `--augment` says: a name, names with commas between, or YAML.

    Example:
        >>> read_augment("flip,rotate"), read_augment("[flip, {rotate: {degrees: 5}}]")
        (['flip', 'rotate'], ['flip', {'rotate': {'degrees': 5}}])
    """
    return None if text is None else key_values([f"augment={text}"], option="--augment")["augment"]


def _told(said: Any) -> str:
    parts = []
    for one in said:
        if isinstance(one, str):
            parts.append(one)
            continue
        ((name, options),) = one.items()
        parts.append(f"{name}(" + ", ".join(f"{k}={_value(v)}" for k, v in options.items()) + ")")
    return ", ".join(parts)


def _value(value: Any) -> str:
    return f"[{_told(value)}]" if isinstance(value, (list, tuple)) else str(value)
