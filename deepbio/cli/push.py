"""`deepbio push`: upload a run or preset to Hugging Face."""

from typing import Annotated

import typer

from deepbio.cli.options import Run


def push(
    folder: Run,
    to: Annotated[str, typer.Argument(help="Address: hf://user/repo, or hf://user/repo@branch.")],
    private: Annotated[bool, typer.Option("--private", help="Private repository, if it is new.")] = False,
    message: Annotated[str | None, typer.Option(help="Message of the commit.")] = None,
) -> None:
    """Upload a preset with a model card; its card.md must state a licence."""
    from deepbio.zoo.push import push_preset

    typer.echo(push_preset(folder, to, private=private, message=message))
