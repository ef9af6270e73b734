"""Published weights: what the catalog says of weights that their authors publish, and that the user fetches and imports."""

from __future__ import annotations

import functools
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deepbio.catalog import catalog_folder
from deepbio.datasets.cards import read_card
from deepbio.errors import ModelError, nearest

FOLDER = "_published"  # of the part `zoo` of the catalog: one card per file
UNSTATED = "not stated"


@dataclass(frozen=True)
class PublishedWeights:
    """Weights that their authors publish; deepbio ships none of them.

    Args:
        name: `architecture.tag`.
        title: One line.
        architecture: Name in the registry; None for a network of its own.
        format: Published form, for `deepbio import`.
        file: File of the authors, or its address `hf://user/repo/file`; `"FILE"` where there are many.
        source: Where the file is.
        licence: Licence that the authors state, or `"not stated"`.
        citation: Paper.
        task: Kind of task.
        outputs: Number of outputs.
        input_shape: Shape of one example.
        parameters: Number of weights; 0 if it is not known.
        labels: Labels or tracks, where the card names them.
        md5, sha256: Checksum of the file, if its authors or Kipoi state one.
        config: Options of the architecture that these weights have.
        text: What else there is to know.
    """

    name: str
    title: str
    architecture: str | None
    format: str
    file: str
    source: str
    licence: str
    citation: str
    task: str
    outputs: int
    input_shape: tuple[int, ...]
    parameters: int = 0
    labels: tuple[str, ...] = ()
    md5: str | None = None
    sha256: str | None = None
    config: Mapping[str, Any] = field(default_factory=dict)
    text: str = ""

    @property
    def command(self) -> str:
        """Command that makes a preset of the file.

        Example:
            >>> published_weights("basset.kipoi").command
            'deepbio import kipoi_basset pretrained_model_reloaded_th.pth --out basset.kipoi'
        """
        return shlex.join(["deepbio", "import", self.format, self.file, "--out", self.name])

    @property
    def modality(self) -> str:
        """Modality of the input: `"image"` for images, else `"dna"`."""
        return "image" if len(self.input_shape) == 3 else "dna"


@functools.cache
def published() -> dict[str, PublishedWeights]:
    """Return all cards of published weights by name, sorted. Neither Keras nor TensorFlow is loaded.

    Example:
        >>> published()["enformer.official"].licence
        'CC BY 4.0'
    """
    found = {}
    for path in sorted((catalog_folder("zoo") / FOLDER).glob("*.md")):
        found[path.stem] = _read(path)
    return found


def published_weights(name: str) -> PublishedWeights:
    """Return the card of published weights.

    Raises:
        ModelError: There is none of that name; the message has the nearest names.
    """
    known = published()
    if name not in known:
        raise ModelError(f"Unknown published weights {name!r}. {nearest(name, known)}")
    return known[name]


def how_to_get(name: str) -> str:
    """Return two sentences that say where published weights are, and how to import them.

    Example:
        >>> how_to_get("deepsea.kipoi").startswith("deepsea.kipoi is not shipped with deepbio.")
        True
    """
    one = published_weights(name)
    fetch = "" if one.file.startswith("hf://") else f" Get the file from {one.source}."
    return f"{name} is not shipped with deepbio.{fetch} Then: {one.command} (licence: {one.licence})."


def published_licence(address: str) -> str | None:
    """Return the licence that the catalog knows of a file by its address, if any; the name of a file alone proves nothing.

    Example:
        >>> published_licence("hf://timm/resnet50.a1_in1k/model.safetensors"), published_licence("model.safetensors")
        ('Apache-2.0', None)
    """
    known = (one.licence for one in published().values() if address.startswith("hf://") and one.file == address)
    return next((licence for licence in known if licence != UNSTATED), None)


def _read(path: Path) -> PublishedWeights:
    card = read_card(path)
    facts = dict(card.facts)
    for name in ("input_shape", "labels"):
        facts[name] = tuple(facts.get(name) or ())
    return PublishedWeights(**facts, text=card.text.strip())
