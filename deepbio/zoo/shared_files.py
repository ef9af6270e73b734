"""The files of a preset that may be shared, what in them stems from the training data, and a copy without local paths."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePath
from typing import Any

import yaml

from deepbio.documents import parse_file
from deepbio.errors import WeightsError
from deepbio.limits import max_bytes
from deepbio.zoo.preset import DESCRIPTION, read_preset, weight_entries

_OWN = (DESCRIPTION, "card.md", "recipe.yaml", "expect.json", "metrics.json", "history.csv")
_TOKENS = re.compile(r"\d{3}")
_PATH = re.compile(
    r"^(~|\.{0,2}/|[A-Za-z]:[\\/]|file:)|\\|/.*/|\.(csv|tsv|txt|jsonl?|parquet|npz|h5ad|fa|fasta|bed|vcf|bw|gz|dcm|nii|png)$"
)


def shared_files(folder: str | Path) -> dict[str, int]:
    """Return the names and sizes of the files of a preset that a hub receives; all others in the folder stay.

    Raises:
        WeightsError: The preset is incomplete, a file is a symlink or no regular file, or is larger than `DEEPBIO_MAX_BYTES`.

    Example:
        >>> from deepbio.catalog import catalog_folder
        >>> sorted(shared_files(catalog_folder("zoo") / "mmsplice_donor.cheng2019"))
        ['card.md', 'expect.json', 'model.weights.h5', 'preset.json', 'recipe.yaml']
    """
    source = Path(folder)
    preset = read_preset(source)
    entries = [*weight_entries(preset, source), *preset.get("files", []), preset.get("tokenizer") or {}]
    names = [*_OWN, *(entry["file"] for entry in entries if "file" in entry)]
    found = {}
    for name in dict.fromkeys(names):
        file = source / name
        if file.is_symlink():
            raise WeightsError(
                f"{file} is a symlink; only the files of the folder itself are pushed. Copy the file here."
            )
        if file.exists():
            if not file.is_file() or file.stat().st_size > max_bytes():
                raise WeightsError(f"{file} is no regular file, or is larger than DEEPBIO_MAX_BYTES.")
            found[name] = file.stat().st_size
    return found


def data_in_preset(folder: str | Path) -> dict[str, list[str]]:
    """Return what a preset contains that stems from the training data, by kind; what is not there is left out.

    Kinds are `vocabulary` (words), `with digits` (words), `labels`, `columns`, `categories`, `data set` (its name), `paths` and
    `other files` (which `push` leaves out). Ids and examples are in no file that deepbio writes, except pages with worst errors.

    Raises:
        WeightsError: The preset is incomplete.
    """
    source = Path(folder)
    preset = read_preset(source)
    found: dict[str, list[str]] = {}
    if "tokenizer" in preset:
        tokens = parse_file(source / preset["tokenizer"]["file"], error=WeightsError)["model"]["vocab"]
        words = [token for token in tokens if len(token) > 1 and not token.startswith("[")]
        found["vocabulary"] = words
        found["with digits"] = [token for token in words if _TOKENS.search(token)]
    found["labels"] = list(preset["task"].get("labels", []))
    found["columns"] = list(preset["input"].get("features", []))
    found["categories"] = [level for levels in preset["input"].get("categories", []) for level in levels]
    recipe = source / "recipe.yaml"
    found["data set"] = [name] if (name := (preset.get("dataset") or {}).get("name")) else []
    texts = [preset.get("dataset"), preset.get("reading"), parse_file(recipe) if recipe.is_file() else None]
    found["paths"] = list(dict.fromkeys(text for part in texts for text in _texts(part) if _PATH.search(text)))
    named = shared_files(source)
    found["other files"] = sorted(file.name for file in source.iterdir() if file.name not in named)
    return {kind: values for kind, values in found.items() if values}


def copy_shared(folder: str | Path, out: Path) -> None:
    """Copy the files of a preset that may be shared to `out`, with a digest in place of each path in its documents."""
    source = Path(folder)
    out.mkdir()
    for name in shared_files(source):
        if name in (DESCRIPTION, "recipe.yaml"):
            content = _without_paths(parse_file(source / name, error=WeightsError))
            text = (
                json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
                if name == DESCRIPTION
                else yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
            )
            (out / name).write_text(text, encoding="utf-8")
        else:
            shutil.copyfile(source / name, out / name, follow_symlinks=False)


def _without_paths(content: Any) -> Any:
    """Return documents whose data set, reading and origin name no path: the name of a file can be that of a patient."""
    if not isinstance(content, Mapping):
        return content
    private = ("dataset", "reading", "finetune")
    return {key: _hashed(value) if key in private else value for key, value in content.items()}


def _hashed(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _hashed(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_hashed(one) for one in value]
    if isinstance(value, str) and _PATH.search(value):
        return f"path-{hashlib.sha256(value.encode()).hexdigest()[:12]}{''.join(PurePath(value).suffixes[-2:])[:12]}"
    return value


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from _texts(one)
    elif isinstance(value, str):
        yield value
