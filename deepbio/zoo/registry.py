"""The registry: which models there are, read from their files without running them.

`@register(...)` above a builder takes literals only, so the registry reads them from the source (`ast`), and listing models
imports neither Keras nor TensorFlow. A builder's module is imported when `get_model` calls it.
"""

from __future__ import annotations

import ast
import fnmatch
import functools
import importlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deepbio.catalog import entries
from deepbio.errors import ModelError, nearest

MODALITIES = ("dna", "image", "table", "text")

# The keywords of `get_model`, and the options that every model for DNA or images has: no builder may use them for its own.
RESERVED = frozenset(
    ("name", "dataset", "input_shape", "outputs", "weights", "activation", "seed", "member")
) | frozenset(("reverse_complement", "network_input", "keep_aspect"))


@dataclass(frozen=True)
class ModelSpec:
    """What the registry knows of one model.

    Args:
        name: as `get_model` takes it.
        modality: one of `MODALITIES`, or several.
        summary: one line.
        paper: authors, year, journal and DOI.
        reference: the published form: `input_shape`, `outputs` and options.
        parameters: of the reference form, moving statistics included.
        defaults: options fixed by this name, where several names share a builder.
        training: settings that `fit` uses unless told otherwise.
        tags: pretrained weights on the shelf; `name.tag` loads them.
        family: common first part of the names that `register_each` made.
    """

    name: str
    modality: tuple[str, ...]
    summary: str
    paper: str
    reference: Mapping[str, Any]
    parameters: int
    defaults: Mapping[str, Any] = field(default_factory=dict)
    training: Mapping[str, Any] = field(default_factory=dict)
    licence: str = "Apache-2.0"
    module: str = ""
    function: str = ""
    tags: tuple[str, ...] = ()
    family: str = ""

    def builder(self) -> Callable[..., Any]:
        """Import the model's module and give its builder."""
        return getattr(importlib.import_module(self.module), self.function)


_USER_MODELS: dict[str, ModelSpec] = {}


def register(
    name: str,
    *,
    modality: str | tuple[str, ...],
    summary: str,
    paper: str,
    reference: Mapping[str, Any],
    parameters: int,
    defaults: Mapping[str, Any] | None = None,
    training: Mapping[str, Any] | None = None,
    licence: str = "Apache-2.0",
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register the builder below under `name`. Inside deepbio all arguments are literals.

    A builder is a function `(input: ModelInput, outputs: int, *, options with defaults) -> keras.Model` that gives logits.

    Raises:
        ModelError: an option of the builder has the name of a keyword of `get_model`.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        if taken := sorted(RESERVED & _options_of(function).keys()):
            raise ModelError(
                f"The builder of {name!r} has the option {', '.join(taken)}, which `get_model` uses itself. Choose another "
                f"name, for example {'hidden_' if taken[0] == 'activation' else name + '_'}{taken[0]}."
            )
        if not function.__module__.startswith("deepbio.zoo."):
            _USER_MODELS[name] = ModelSpec(
                name=name,
                modality=(modality,) if isinstance(modality, str) else tuple(modality),
                summary=summary,
                paper=paper,
                reference=dict(reference),
                parameters=parameters,
                defaults=dict(defaults or {}),
                training=dict(training or {}),
                licence=licence,
                module=function.__module__,
                function=function.__name__,
            )
        return function

    return decorate


def register_each(
    family: str,
    *,
    members: Mapping[str, tuple[str, int, int]],
    option: str,
    modality: str,
    summary: str,
    paper: str,
    training: Mapping[str, Any] | None = None,
    licence: str = "Apache-2.0",
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register many published networks that one builder makes, as `family.member`. All arguments are literals.

    Args:
        members: name to (value of `option`, pixels a side, parameters with 1,000 outputs).
        option: of the builder, that says which network.
        summary: `{}` stands for the value of `option`.
    """
    return lambda function: function


def model_spec(name: str) -> ModelSpec:
    """Return what the registry knows of a model.

    Raises:
        ModelError: no model of that name; the message has the nearest names.

    Example:
        >>> model_spec("lenet5").parameters
        61706
    """
    specs = _all_specs()
    if name not in specs:
        raise ModelError(f"Unknown model {name!r}. {nearest(name, specs)}")
    return specs[name]


def list_models(pattern: str = "*", *, modality: str | None = None, pretrained: bool = False) -> list[str]:
    """Return the names of the models that match, sorted; with `pretrained`, names as `model.tag`.

    Args:
        pattern: a wildcard such as `"*splice*"`.
        modality: `"dna"`, `"image"`, `"table"` or `"text"`.
        pretrained: list weights on the shelf.

    Example:
        >>> list_models("le*", modality="image")
        ['lenet5']
    """
    if modality is not None and modality not in MODALITIES:
        raise ModelError(f"Unknown modality {modality!r}. {nearest(modality, MODALITIES)}")
    specs = [spec for spec in _all_specs().values() if modality is None or modality in spec.modality]
    names = (
        [f"{spec.name}.{tag}" for spec in specs for tag in spec.tags] if pretrained else [spec.name for spec in specs]
    )
    return sorted(name for name in names if fnmatch.fnmatchcase(name, pattern))


def builder_options(spec: ModelSpec) -> dict[str, Any]:
    """Return the options of a model and their defaults; imports its module."""
    options = _options_of(spec.builder())
    if "dna" in spec.modality:
        options["reverse_complement"] = "none"  # of every DNA model: see deepbio.zoo.dna.reverse_complement
    if {"dna", "image"} & set(spec.modality):
        options["network_input"] = None  # see deepbio.zoo.network_input
    if "image" in spec.modality:
        options["keep_aspect"] = False  # likewise
    return {**options, **spec.defaults}


def _options_of(builder: Callable[..., Any]) -> dict[str, Any]:
    parameters = inspect.signature(builder).parameters.values()
    return {p.name: p.default for p in parameters if p.kind is inspect.Parameter.KEYWORD_ONLY}


def _all_specs() -> dict[str, ModelSpec]:
    shelf_names = tuple(folder.name for folder in entries("zoo"))
    return {**_shipped_specs(shelf_names), **_USER_MODELS}


@functools.cache
def _shipped_specs(shelf_names: tuple[str, ...]) -> dict[str, ModelSpec]:
    found: dict[str, ModelSpec] = {}
    folder = Path(__file__).parent
    for file in sorted(folder.glob("*/[!_]*.py")):
        module = f"deepbio.zoo.{file.parent.name}.{file.stem}"
        for function, arguments in _registrations(file):
            modality = arguments["modality"]
            arguments["modality"] = (modality,) if isinstance(modality, str) else tuple(modality)
            name = arguments["name"]
            tags = tuple(entry.removeprefix(f"{name}.") for entry in shelf_names if entry.startswith(f"{name}."))
            found[name] = ModelSpec(**arguments, module=module, function=function, tags=tags)
    return found


def _registrations(file: Path):
    for node in ast.parse(file.read_text(encoding="utf-8"), filename=str(file)).body:
        for call in getattr(node, "decorator_list", []):
            if not (isinstance(node, ast.FunctionDef) and isinstance(call, ast.Call)):
                continue
            kind = getattr(call.func, "id", "")
            if kind not in ("register", "register_each"):
                continue
            arguments = {str(word.arg): ast.literal_eval(word.value) for word in call.keywords}
            name = ast.literal_eval(call.args[0])
            for each in [{"name": name, **arguments}] if kind == "register" else _members(name, arguments):
                yield node.name, each


def _members(family: str, arguments: dict[str, Any]):
    members, option, summary = (arguments.pop(key) for key in ("members", "option", "summary"))
    for name, (value, pixels, parameters) in members.items():
        yield {
            **arguments,
            "name": f"{family}.{name}",
            "family": family,
            "summary": summary.format(value),
            "defaults": {option: value},
            "reference": {"input_shape": (pixels, pixels, 3), "outputs": 1000},
            "parameters": parameters,
        }
