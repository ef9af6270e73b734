"""`deepbio models`: the architectures and the pretrained weights, without loading TensorFlow."""

from typing import Annotated, Any

import typer

from deepbio.cli.console import show_json, show_table
from deepbio.cli.options import Json

ModalityOption = Annotated[str | None, typer.Option(help="Kind of input: dna, image, table or text; default all.")]


def models(
    pattern: Annotated[str, typer.Argument(help="Wildcard, such as '*cnn*'.")] = "*",
    modality: ModalityOption = None,
    pretrained: Annotated[
        bool, typer.Option("--pretrained", help="Pretrained weights instead of architectures.")
    ] = False,
    json: Json = False,
) -> None:
    """List the models."""
    from deepbio.zoo.registry import list_models, model_spec

    names = list_models(pattern, modality=modality, pretrained=pretrained)
    specs = [(name, model_spec(name.rpartition(".")[0] if pretrained else name)) for name in names]
    if json:
        show_json([{"name": name, **model_facts(spec)} for name, spec in specs])
        return
    rows = [(name, " ".join(spec.modality), f"{spec.parameters:,}", spec.summary) for name, spec in specs]
    show_table(["model", "input", "parameters", "summary"], rows)


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
