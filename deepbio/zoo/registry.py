"""The registry: which models exist, read from their files without running them.

The arguments of `@register(...)` in deepbio are literals, `dict(...)` of literals, or constants of the same file or of this one.
The registry reads them with `ast`, so listing models imports neither Keras nor TensorFlow. `get_model` imports a builder.
"""

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
from deepbio.zoo.listing import Filters, Range, WeightFacts, weight_facts
from deepbio.zoo.registrations import builder_files, registrations, source_of

# The keywords of `get_model`, and the options that it adds to every model for DNA or images: no builder may use them.
RESERVED = frozenset(
    ("name", "dataset", "input_shape", "outputs", "weights", "activation", "seed", "member")
) | frozenset(("reverse_complement", "network_input", "keep_aspect"))

ADAMW = {"optimizer": "adamw", "schedule": "cosine"}  # shared by the training settings of many models


@dataclass(frozen=True)
class ModelSpec:
    """What the registry knows of one model.

    Args:
        name: Name for `get_model`.
        modality: One or several of `deepbio.specs.MODALITIES`.
        summary: One line.
        paper: Authors, year, journal and DOI.
        reference: The published form: `input_shape`, `outputs` and options.
        parameters: Number of parameters of the reference form, including moving statistics.
        defaults: Options fixed by this name, if several names share a builder.
        training: Settings that `fit` uses by default.
        licence: Licence of the code.
        module, function: Where the builder is.
        tags: Pretrained weights in the catalog; `name.tag` loads them.
        family: Common first part of the names that `register_each` made.
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
        """Import the model's module and return its builder."""
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
    """Register the builder below under `name`. The arguments are those of `ModelSpec`.

    A builder is a function `(input: ModelInput, outputs: int, *, options with defaults) -> keras.Model` that returns logits.

    Raises:
        ModelError: An option of the builder has the name of a keyword of `get_model`.
    """
    facts = {"summary": summary, "paper": paper, "parameters": parameters, "licence": licence}

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        if taken := sorted(RESERVED & _options_of(function).keys()):
            raise ModelError(
                f"The builder of {name!r} has the option {', '.join(taken)}, which `get_model` uses itself. Choose another "
                f"name, for example {'hidden_' if taken[0] == 'activation' else name + '_'}{taken[0]}."
            )
        if not function.__module__.startswith("deepbio.zoo."):
            _USER_MODELS[name] = ModelSpec(
                name, _several(modality), reference=dict(reference), defaults=dict(defaults or {}),
                training=dict(training or {}), module=function.__module__, function=function.__name__, **facts,
            )  # fmt: skip
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
    """Register many published networks that one builder of deepbio makes, as `family.member`.

    Args:
        family: First part of their names.
        members: Name to (value of `option`, pixels per side, parameters with 1,000 outputs).
        option: Option of the builder that chooses the network.
        modality, paper, training, licence: See `ModelSpec`.
        summary: One line, in which `{}` becomes the value of `option`.
    """
    return lambda function: function


def model_spec(name: str) -> ModelSpec:
    """Return what the registry knows of a model.

    Raises:
        ModelError: No model of that name; the message suggests the nearest names.

    Example:
        >>> model_spec("lenet5").parameters
        61706
    """
    if name in _USER_MODELS:
        return _USER_MODELS[name]
    presets = _presets()
    for file in builder_files():  # only files that name it, or its family, are parsed
        if f'"{name.partition(".")[0]}"' in source_of(file) and name in (specs := _specs_of(file, presets)):
            return specs[name]
    raise ModelError(f"Unknown model {name!r}. {nearest(name, _all_specs())}")


def list_models(
    pattern: str = "*",
    *,
    modality: str | None = None,
    pretrained: bool = False,
    published: bool = False,
    task: str | None = None,
    input_length: Range | None = None,
    parameters: Range | None = None,
    licence: str | None = None,
    offline: bool = False,
) -> list[str]:
    """Return the names of the models that match, sorted. `model_spec(name)` has the facts of each.

    Args:
        pattern: Wildcard such as `"*splice*"`.
        modality: `"dna"`, `"image"`, `"table"` or `"text"`.
        pretrained: Whether to list pretrained weights, as `model.tag`, instead of architectures.
        published: Whether to list the weights that their authors publish and `deepbio import` reads, instead: you get the file
            yourself, and `deepbio.zoo.published.published_weights(name)` says where, with licence and command.
        task: Kind of task, such as `"multiclass"`; of pretrained weights only.
        input_length: Bases, tokens, columns or pixels per side of the input (of an architecture: its reference form), or a range
            `(smallest, largest)`, in which `None` leaves an end open.
        parameters: Number of parameters, or a range such as `(None, 1_000_000)`.
        licence: Wildcard such as `"CC BY*"`, of any case: licence of the code of an architecture, or of the weights.
        offline: Whether to list only weights that load here without a connection; of pretrained weights only.

    Raises:
        ModelError: Unknown modality or task, a range the wrong way round, or a filter of weights without `pretrained`.

    Example:
        >>> list_models("le*", modality="image")
        ['lenet5']
        >>> list_models(pretrained=True, task="binary", input_length=(None, 80), modality="dna", licence="MIT")[0]
        'mmsplice_acceptor.cheng2019'
        >>> list_models("hyenadna*", published=True, parameters=(None, 1_000_000))
        ['hyenadna_tiny.1k']
    """
    filters = Filters(modality, task, input_length, parameters, licence, offline)
    if not (pretrained or published) and (task is not None or offline):
        raise ModelError(
            "task and offline are facts of weights, which an architecture has not: pass pretrained=True (--pretrained)."
        )
    if published:
        if pretrained or offline:
            raise ModelError(
                "published lists weights that are not here yet: pass neither pretrained nor offline with it (--published alone)."
            )
        return filters.published(pattern)
    specs = [spec for spec in _all_specs().values() if modality is None or modality in spec.modality]
    if not pretrained:
        found = [
            spec.name
            for spec in specs
            if filters.accept(spec.modality, spec.reference["input_shape"], spec.parameters, spec.licence)
        ]
    else:
        facts = [(spec, pretrained_facts(f"{spec.name}.{tag}")) for spec in specs for tag in spec.tags]
        found = [
            one.name
            for spec, one in facts
            if filters.accept(spec.modality, one.input_shape, one.parameters, one.licence)
            and filters.accept_weights(one)
        ]
    return sorted(name for name in found if fnmatch.fnmatchcase(name, pattern))


def pretrained_facts(name: str) -> WeightFacts:
    """Return what the catalog knows of pretrained weights.

    Raises:
        ModelError: There are no such weights.

    Example:
        >>> pretrained_facts("mmsplice_donor.cheng2019").task
        'binary'
    """
    folders = {folder.name: folder for folder in entries("zoo")}
    if name not in folders:
        raise ModelError(f"Unknown pretrained model {name!r}. {nearest(name, folders)}")
    return weight_facts(folders[name])


def builder_options(spec: ModelSpec) -> dict[str, Any]:
    """Return the options of a model and their defaults. The model's module is imported."""
    options = _options_of(spec.builder())
    if "dna" in spec.modality:
        options["reverse_complement"] = "none"  # see deepbio.zoo.dna.reverse_complement
    if {"dna", "image"} & set(spec.modality):
        options["network_input"] = None  # see deepbio.zoo.preprocessing
    if "image" in spec.modality:
        options["keep_aspect"] = False
    return {**options, **spec.defaults}


def _options_of(builder: Callable[..., Any]) -> dict[str, Any]:
    parameters = inspect.signature(builder).parameters.values()
    return {p.name: p.default for p in parameters if p.kind is inspect.Parameter.KEYWORD_ONLY}


def _several(modality: str | tuple[str, ...]) -> tuple[str, ...]:
    return (modality,) if isinstance(modality, str) else tuple(modality)


def _all_specs() -> dict[str, ModelSpec]:
    presets, found = _presets(), {}
    for file in builder_files():
        found |= _specs_of(file, presets)
    return {**found, **_USER_MODELS}


def _presets() -> tuple[str, ...]:
    return tuple(folder.name for folder in entries("zoo"))


@functools.cache
def _specs_of(file: Path, presets: tuple[str, ...]) -> dict[str, ModelSpec]:
    module = f"deepbio.zoo.{file.parent.name}.{file.stem}"
    found: dict[str, ModelSpec] = {}
    for function, facts in registrations(file, globals()):
        name, modality = facts["name"], _several(facts.pop("modality"))
        tags = tuple(preset.removeprefix(f"{name}.") for preset in presets if preset.startswith(f"{name}."))
        found[name] = ModelSpec(**facts, modality=modality, module=module, function=function, tags=tags)
    return found
