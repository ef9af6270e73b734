"""`deepbio push`: put a run or preset on Hugging Face."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def push(
    folder: Annotated[Path, typer.Argument(help="A run's folder.")],
    to: Annotated[str, typer.Argument(help="hf://user/repo, or hf://user/repo@branch.")],
    private: Annotated[bool, typer.Option("--private", help="Make a new repository private.")] = False,
    message: Annotated[str | None, typer.Option(help="Of the commit.")] = None,
) -> None:
    """Upload a preset with a model card; its card.md must state a licence."""
    from deepbio.zoo.push import push_preset

    typer.echo(push_preset(folder, to, private=private, message=message))
