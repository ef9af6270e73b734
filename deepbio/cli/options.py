"""Groups of options that several commands share: the fields of a dataclass become options of a command."""

import functools
import inspect
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

DataName = Annotated[
    str | None,
    typer.Argument(metavar="NAME_OR_PATH", help="Data set, or your own file or folder; default the training data set."),
]
Json = Annotated[bool, typer.Option("--json", help="JSON output.")]
Model = Annotated[str, typer.Argument(help="Folder of a run, or name of a pretrained model.")]
Resamples = Annotated[int, typer.Option(min=10, help="Number of bootstrap resamples.")]
Run = Annotated[Path, typer.Argument(help="Folder of a run.")]
Facts = Annotated[
    Path | None, typer.Option("--columns", help="Table (CSV or TSV) with a column 'id' and facts about the examples.")
]
ResultFolder = Annotated[Path | None, typer.Option("--out", "-o", help="Folder of the result.")]
AttackedPosition = Annotated[int | None, typer.Option(help="Position of the attacked output, for outputs along DNA.")]
Devices = Annotated[str, typer.Option(help="Devices: auto (every GPU), one, mirrored or cpu:N.")]
BootstrapSeed = Annotated[int, typer.Option(help="Random seed of the bootstrap.")]


def with_groups(command: Callable[..., None]) -> Callable[..., None]:
    """Replace each parameter of a command that is a dataclass by the fields of that dataclass.

    Typer reads the options of a command from its signature. The returned function has the fields in its signature, and
    passes one instance of the dataclass to `command`.

    Args:
        command: Function whose annotations may be dataclasses. Each field of such a class is `Annotated` with a
            `typer.Option` and has a default.

    Returns:
        Function to register with Typer.

    Example:
        >>> from dataclasses import dataclass
        >>> @dataclass(frozen=True)
        ... class Size:
        ...     rows: Annotated[int, typer.Option(help="Number of rows.")] = 2
        >>> @with_groups
        ... def draw(name: str, *, size: Size): typer.echo(f"{name}: {size}")
        >>> draw(name="sheet", rows=5)
        sheet: Size(rows=5)
    """
    signature = inspect.signature(command, eval_str=True)
    groups: dict[str, Any] = {p.name: p.annotation for p in signature.parameters.values() if is_dataclass(p.annotation)}
    parameters: list[inspect.Parameter] = []
    for parameter in signature.parameters.values():
        if parameter.name not in groups:
            parameters.append(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY))
            continue
        hints = get_type_hints(groups[parameter.name], include_extras=True)
        parameters += [
            parameter.replace(name=field.name, default=field.default, annotation=hints[field.name])
            for field in fields(groups[parameter.name])
        ]

    @functools.wraps(command)
    def wrapped(**given: Any) -> None:
        instances = {
            name: group(**{field.name: given.pop(field.name) for field in fields(group) if field.name in given})
            for name, group in groups.items()
        }
        command(**given, **instances)

    wrapped.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    wrapped.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return wrapped
