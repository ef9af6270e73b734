"""The presets that the app shows: those of the catalog, and those of the folders that the user named."""

from __future__ import annotations

import contextlib
import os
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepbio.app.jobs import Job
from deepbio.catalog import entries
from deepbio.errors import DataError, DeepbioError, nearest
from deepbio.zoo.preset import DESCRIPTION, read_preset, weight_entries
from deepbio.zoo.weight_sources import is_available

if TYPE_CHECKING:
    import keras

SPLICE_LABELS = ["none", "acceptor", "donor"]
_MAX_LOADED = 6  # models in memory


@dataclass(frozen=True)
class Preset:
    """A preset that can be chosen.

    Args:
        name: Name on the page.
        folder: Its folder.
        own: Whether the user named it.
        facts: Content of `preset.json`.
        available: Whether its weights are here or can be fetched; those of a package may not be installed.
    """

    name: str
    folder: Path = field(repr=False)
    own: bool
    facts: dict[str, Any] = field(repr=False)
    available: bool = True

    @property
    def modality(self) -> str:
        """What goes in: `"dna"`, `"image"`, `"table"` or `"text"`."""
        return str(self.facts.get("input", {}).get("modality", ""))

    @property
    def shape(self) -> list[int]:
        """Shape of one example."""
        return list(self.facts.get("input", {}).get("shape", ()))

    @property
    def kind(self) -> str:
        """Kind of the task."""
        return str(self.facts.get("task", {}).get("kind", ""))

    @property
    def labels(self) -> list[str]:
        """Names of the outputs."""
        return [str(label) for label in self.facts.get("task", {}).get("labels", ())]

    @property
    def is_splicing(self) -> bool:
        """Whether it predicts none, acceptor and donor at each position, so that variants have SpliceAI's scores."""
        return self.labels == SPLICE_LABELS and self.kind == "per_position"


class Collection:
    """Presets by name, and their models, of which the last used stay loaded.

    Args:
        named: Presets of the catalog by name, folders of presets, and folders of such folders.

    Raises:
        DeepbioError: A named place is no preset and contains none.
    """

    def __init__(self, named: Sequence[str] = ()) -> None:
        catalog = [preset for folder in entries("zoo") if (preset := _preset(folder, own=False)) is not None]
        found = {preset.name: preset for preset in catalog}
        self.problems: list[str] = []
        for place in named:
            if place in found and not Path(place).is_dir():
                continue
            for preset in self._named(place, found):
                found[preset.name] = preset
        self.presets = dict(sorted(found.items(), key=lambda item: (not item[1].own, item[0])))
        self._models: OrderedDict[str, Any] = OrderedDict()
        self._locks: dict[str, threading.Lock] = {name: threading.Lock() for name in self.presets}
        self._loading = threading.Lock()

    def _named(self, place: str, known: dict[str, Preset]) -> list[Preset]:
        folder = Path(place).expanduser()
        if not folder.is_dir():
            raise DeepbioError(
                f"Expected a preset of the catalog, or a folder with presets; there is no {place!r}. {nearest(place, known)}"
            )
        folders = (
            [folder] if (folder / DESCRIPTION).is_file() else sorted(p.parent for p in folder.glob(f"*/{DESCRIPTION}"))
        )
        if not folders:
            raise DeepbioError(f"{place} contains no preset: expected folders that `deepbio fit --out DIR` wrote.")
        presets = []
        for one in folders:
            taken = {*known, *(preset.name for preset in presets)}
            resolved = one.resolve()
            name = resolved.name if resolved.name not in taken else f"{resolved.parent.name}/{resolved.name}"
            try:
                presets.append(Preset(name, resolved, True, read_preset(resolved)))
            except DeepbioError as error:
                self.problems.append(f"{name}: {error}")
        return presets

    def of(self, *modalities: str) -> list[Preset]:
        """Return the presets of some modalities whose weights are here, the user's own first."""
        return [preset for preset in self.presets.values() if preset.available and preset.modality in modalities]

    def find_any(self, name: str) -> Preset:
        """Return a preset by its name, whether or not its weights are here.

        Raises:
            DataError: There is none.
        """
        if name not in self.presets:
            raise DataError(f"There is no model {name[:80]!r} in this app. {nearest(name, self.presets)}")
        return self.presets[name]

    def find(self, name: str, *modalities: str) -> Preset:
        """Return a preset by its name.

        Raises:
            DataError: There is none, it takes something else, or its weights are not installed.
        """
        preset = self.find_any(name)
        if modalities and preset.modality not in modalities:
            raise DataError(f"{name} takes {preset.modality}, not {' or '.join(modalities)}.")
        if not preset.available:
            raise DataError(f"The weights of {name} are in a package that is not installed: see its card.")
        return preset

    @contextlib.contextmanager
    def using(self, preset: Preset, job: Job) -> Iterator[keras.Model]:
        """Return the model of a preset, loaded if necessary; only one job uses a model at a time."""
        lock = self._locks[preset.name]
        while not lock.acquire(timeout=0.1):
            job.step(f"Waiting for another job with {preset.name}")
        try:
            yield self._model(preset, job)
        finally:
            lock.release()

    def _model(self, preset: Preset, job: Job) -> keras.Model:
        from deepbio.zoo import get_model

        with self._loading:
            if preset.name not in self._models:
                job.step(f"Loading {preset.name}")
                self._models[preset.name] = get_model(os.fspath(preset.folder))
                while len(self._models) > _MAX_LOADED:
                    self._models.popitem(last=False)
            self._models.move_to_end(preset.name)
            return self._models[preset.name]


def _preset(folder: Path, *, own: bool) -> Preset | None:
    """Return a preset of the catalog; None for a folder that is none, such as that of the converters."""
    if not (folder / DESCRIPTION).is_file():
        return None
    facts = read_preset(folder)
    available = all(is_available(entry) for entry in weight_entries(facts, folder))
    return Preset(folder.name, folder, own, facts, available)
