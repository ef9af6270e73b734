"""The registry of importers: one per published form of weights, each in its file in `formats/`."""

from __future__ import annotations

import functools
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from deepbio.errors import ModelError, nearest
from deepbio.specs import ModelInput, Task
from deepbio.zoo.importers.published_file import PublishedFile
from deepbio.zoo.postprocessing import Postprocessing


@dataclass(frozen=True)
class Entry:
    """Where one variable of a model comes from.

    Args:
        names: Arrays of the file.
        convert: Function from these arrays to the variable's value.
    """

    names: tuple[str, ...]
    convert: Callable[..., np.ndarray]


@dataclass(frozen=True)
class Conversion:
    """What an importer makes of a file.

    Args:
        architecture: Name in the registry; None for a network of its own (`build`).
        input, outputs, task: Input, number of outputs, and task of the model.
        table: Variable of the model (`"layer/kernel"`, see `deepbio.zoo.importers.tables`) to its source.
        config: Options of the architecture, besides its defaults.
        postprocessing: Thresholds or calibration that the authors published with the weights.
        unused: Patterns of arrays that are not needed, such as `"*.num_batches_tracked"`.
        about: Sentences for the card.
        build: Function that returns the network with its weights, for `architecture=None`.
    """

    architecture: str | None
    input: ModelInput
    outputs: int
    task: Task
    table: Mapping[str, Entry] = field(repr=False)
    config: Mapping[str, Any] = field(default_factory=dict)
    postprocessing: Postprocessing | None = None
    unused: Sequence[str] = ()
    about: str = ""
    build: Callable[[], Any] | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Importer:
    """A published form of weights.

    Args:
        name: Name of the format, for `deepbio import`.
        summary: One line.
        architectures: Models that it makes.
        signature: Patterns of array names, all of which a file of this format has: `get_model(NAME, weights=FILE)` recognizes it.
        repository: Address of the authors' code.
        licence: Licence of the weights that the authors publish; None if they state none.
        citation: Paper.
        get: How to get the authors' files.
        convert: Function `(file, *, options) -> Conversion`.
    """

    name: str
    summary: str
    architectures: tuple[str, ...]
    signature: tuple[str, ...]
    repository: str
    licence: str | None
    citation: str
    get: str
    convert: Callable[..., Conversion] = field(repr=False)

    def options(self) -> dict[str, Any]:
        """Return the options of this format and their defaults.

        Example:
            >>> importer("bpnet_lite").options()["length"]
            2114
        """
        parameters = inspect.signature(self.convert).parameters.values()
        return {p.name: p.default for p in parameters if p.kind is inspect.Parameter.KEYWORD_ONLY}

    def apply(self, file: PublishedFile, options: Mapping[str, Any]) -> Conversion:
        """Convert a file.

        Raises:
            ModelError: This format has no such option.
            WeightsError: The file lacks an array that decides the size of the network.
        """
        for option in options:
            if option not in self.options():
                raise ModelError(f"The format {self.name} has no option {option!r}. {nearest(option, self.options())}")
        return self.convert(file, **options)


_IMPORTERS: dict[str, Importer] = {}


def register_importer(name: str, **facts: Any) -> Callable[[Callable[..., Conversion]], Callable[..., Conversion]]:
    """Register the function below as the importer of the format `name`. The arguments are those of `Importer`."""

    def decorate(function: Callable[..., Conversion]) -> Callable[..., Conversion]:
        _IMPORTERS[name] = Importer(name=name, convert=function, **facts)
        return function

    return decorate


def importers() -> dict[str, Importer]:
    """Return all importers by name, sorted. Neither Keras nor TensorFlow is loaded.

    Example:
        >>> "bpnet_lite" in importers()
        True
    """
    _load_formats()
    return dict(sorted(_IMPORTERS.items()))


def importer(name: str) -> Importer:
    """Return an importer.

    Raises:
        ModelError: No format of that name; the message has the nearest names.
    """
    found = importers()
    if name not in found:
        raise ModelError(f"Unknown format of weights {name!r}. {nearest(name, found)}")
    return found[name]


@functools.cache
def _load_formats() -> None:
    package = importlib.import_module("deepbio.zoo.importers.formats")
    for module in pkgutil.iter_modules(package.__path__):
        if not module.name.startswith("_"):
            importlib.import_module(f"{package.__name__}.{module.name}")
