"""`deepbio models`: the architectures and the pretrained weights, without loading TensorFlow."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from deepbio.cli.console import note, show_json, show_table
from deepbio.cli.options import Json
from deepbio.errors import DeepbioError

ModalityOption = Annotated[str | None, typer.Option(help="Kind of input: dna, image, table or text; default all.")]


def models(
    pattern: Annotated[str, typer.Argument(help="Wildcard, such as '*cnn*'.")] = "*",
    modality: ModalityOption = None,
    pretrained: Annotated[
        bool, typer.Option("--pretrained", help="Pretrained weights instead of architectures.")
    ] = False,
    published: Annotated[
        bool, typer.Option("--published", help="Weights to get from their authors and to import, with the command.")
    ] = False,
    task: Annotated[str | None, typer.Option(help="Kind of task of pretrained weights, such as multiclass.")] = None,
    length: Annotated[
        str | None,
        typer.Option(help="Bases, tokens, columns or pixels per side of the input: 600, 500-2000, -1000 or 10000-."),
    ] = None,
    parameters: Annotated[str | None, typer.Option(help="Number of parameters, as a range: -1000000.")] = None,
    licence: Annotated[str | None, typer.Option(help="Wildcard of the licence, such as 'CC BY*'.")] = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Pretrained weights that load here without a connection.")
    ] = False,
    json: Json = False,
) -> None:
    """List the models."""
    from deepbio.zoo.published import published_weights
    from deepbio.zoo.registry import list_models, model_spec, pretrained_facts

    names = list_models(
        pattern, modality=modality, pretrained=pretrained, published=published, task=task, offline=offline, licence=licence,
        input_length=_range(length, "--length"), parameters=_range(parameters, "--parameters"),
    )  # fmt: skip
    if not names:
        note(
            "No model fits all of these. Leave out a filter; `deepbio models` lists the architectures, --pretrained weights."
        )
    if published:
        cards = [published_weights(name) for name in names]
        if json:
            show_json([{**asdict(card), "modality": card.modality, "command": card.command} for card in cards])
            return
        rows = [(c.name, c.task, _shape(c.input_shape), _count(c.parameters), c.licence, c.command) for c in cards]
        show_table(["model", "task", "input", "parameters", "licence", "command"], rows)
        note("The files are not shipped: deepbio info NAME says where each is.")
        return
    if pretrained:
        facts = [pretrained_facts(name) for name in names]
        if json:
            specs = [model_spec(name.rpartition(".")[0]) for name in names]
            show_json([{**model_facts(spec), **asdict(one)} for spec, one in zip(specs, facts, strict=True)])
            return
        rows = [
            (
                f.name,
                f.task,
                _shape(f.input_shape),
                _count(f.parameters),
                f.licence,
                "yes" if f.offline else f.source,
            )
            for f in facts
        ]
        show_table(["model", "task", "input", "parameters", "licence", "offline"], rows)
        note("Weights to get from their authors and to import: deepbio models --published")
        return
    specs = [model_spec(name) for name in names]
    if json:
        show_json([{"name": spec.name, **model_facts(spec)} for spec in specs])
        return
    rows = [(spec.name, " ".join(spec.modality), f"{spec.parameters:,}", spec.summary) for spec in specs]
    show_table(["model", "input", "parameters", "summary"], rows)


def _shape(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))


def _count(parameters: int) -> str:
    return f"{parameters:,}" if parameters else "unknown"


def _range(text: str | None, option: str) -> int | tuple[int | None, int | None] | None:
    if text is None:
        return None
    low, dash, high = text.replace(",", "").replace("_", "").partition("-")
    try:
        ends = int(low) if low else None, int(high) if high else None
    except ValueError:
        raise DeepbioError(
            f"{option} takes a number or a range such as 500-2000, -1000 or 500-; received {text!r}."
        ) from None
    return ends if dash or ends[0] is None else ends[0]


def model_facts(spec: Any) -> dict[str, Any]:
    """Return what the registry knows about a model."""
    return {
        "model": spec.name,
        "input": list(spec.modality),
        "summary": spec.summary,
        "paper": spec.paper,
        "reference": dict(spec.reference),
        "parameters": spec.parameters,
        "weights": [f"{spec.name}.{tag}" for tag in spec.tags],
        "licence": spec.licence,
    }
