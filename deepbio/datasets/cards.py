"""Cards: YAML front matter between `---` lines, then text. One format for data sets and for models."""

import fnmatch
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, get_args

from pydantic import Field

from deepbio.catalog import entries
from deepbio.documents import MAX_YAML, OpenPart, Word, check_content, parse_yaml
from deepbio.errors import DataError, nearest
from deepbio.limits import read_bounded
from deepbio.specs import Kind, Modality

_REQUIRED = ("name", "title", "modality", "task", "reader", "source", "licence", "citation", "split", "classes")
_Text = Annotated[str, Field(max_length=10_000)] | None


class CardFacts(OpenPart):
    """Entries of the front matter that deepbio itself reads."""

    name: Word
    title: Word | None = None
    licence: Word | None = None
    attribution: _Text = None
    citation: _Text = None
    data_licence: _Text = None
    data_citation: _Text = None
    source: _Text | list[Any] | dict[str, Any] = None
    labels: list[Any] | None = None
    measured: list[Any] | None = None
    split: dict[str, Any] | None = None
    classes: Any = None


@dataclass(frozen=True)
class Card:
    """A card: `facts` from its front matter, the `text` below it, and its `folder`."""

    facts: dict[str, Any] = field(repr=False)
    text: str = field(repr=False)
    folder: Path

    @property
    def name(self) -> str:
        """Name of the data set or model, the same as its folder's."""
        return self.facts["name"]

    @property
    def examples(self) -> int | None:
        """Number of examples in all splits, or None if the card does not state it.

        Example:
            >>> dataset_card("uci_splice").examples
            3188
        """
        for counts in (self.facts.get("split", {}).get("sizes"), self.facts.get("classes")):
            if isinstance(counts, dict) and all(isinstance(count, int) for count in counts.values()):
                return sum(counts.values())
        return None

    def __getitem__(self, key: str) -> Any:
        return self.facts[key]


def read_card(path: Path) -> Card:
    """Read `card.md` at `path`, or in the folder `path`.

    Raises:
        DataError: there is no card, its front matter is not YAML, or it has no name.

    Example:
        >>> from deepbio.catalog import catalog_folder
        >>> read_card(catalog_folder("datasets") / "xor").name
        'xor'
    """
    file = path / "card.md" if path.is_dir() else path
    try:
        content = read_bounded(file, MAX_YAML).decode("utf-8").replace("\r\n", "\n")
    except OSError as error:
        raise DataError(f"Expected a card at {file}; {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{file} is not UTF-8 text (byte {error.start}). Save it as UTF-8.") from error
    parts = content.split("---\n", 2)
    if len(parts) != 3 or parts[0].strip():
        raise DataError(f"{file}: expected YAML front matter between two lines of '---' at the top.")
    facts = parse_yaml(parts[1], f"{file}: the front matter")
    if not isinstance(facts, dict):
        raise DataError(f"{file}: the front matter must be a mapping of names to values.")
    if "name" not in facts:
        raise DataError(f"{file}: the front matter lacks name.")
    check_content(facts, CardFacts, f"{file}: the front matter")
    return Card(facts, parts[2].strip(), file.parent)


def dataset_card(name: str) -> Card:
    """Return the card of a data set in the catalog.

    Raises:
        DataError: no data set of that name; the message has the nearest names.
    """
    folders = {folder.name: folder for folder in entries("datasets")}
    if name not in folders:
        if Path(name).exists():
            raise DataError(
                f"Unknown data set {name!r}; it is a file or a folder. Name such data by their kind: --table, --images, --fasta "
                "CLASS=FILE, --h5ad and so on (in Python Dataset.from_csv, Dataset.from_folder, ...)."
            )
        raise DataError(f"Unknown data set {name!r}. {nearest(name, folders)}")
    card = read_card(folders[name])
    if missing := [key for key in _REQUIRED if key not in card.facts]:
        raise DataError(f"{card.folder / 'card.md'}: the front matter lacks {', '.join(missing)}.")
    if card.name != name:
        raise DataError(f"{card.folder / 'card.md'} is named {card.name!r}, its folder {name!r}. Rename one of them.")
    return card


def list_datasets(pattern: str = "*", *, modality: str | None = None, task: str | None = None) -> list[str]:
    """Return the names of the data sets that match, sorted. `dataset_card(name)` has the facts of each.

    Args:
        pattern: Wildcard such as `"*mnist"`.
        modality: `"dna"`, `"image"`, `"table"` or `"text"`.
        task: Kind of task, such as `"binary"`.

    Raises:
        DataError: Unknown modality or task.

    Example:
        >>> list_datasets("uci_*", modality="dna")
        ['uci_splice']
    """
    names = [folder.name for folder in entries("datasets") if fnmatch.fnmatchcase(folder.name, pattern)]
    wanted = {"modality": (modality, get_args(Modality)), "task": (task, get_args(Kind))}
    for fact, (value, known) in wanted.items():
        if value is not None:
            if value not in known:
                raise DataError(f"Unknown {fact} {value!r}. {nearest(value, known)}")
            names = [name for name in names if dataset_card(name)[fact] == value]
    return names
