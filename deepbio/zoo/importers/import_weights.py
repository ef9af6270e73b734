"""`import_weights`: a model with the weights that its authors published, from their own file, and a preset of it."""

from __future__ import annotations

import fnmatch
import logging
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from deepbio.errors import ModelError, WeightsError, nearest
from deepbio.files import sha256_of, writable_folder
from deepbio.replacement import replace_files
from deepbio.zoo.build import build
from deepbio.zoo.importers.fill import fill
from deepbio.zoo.importers.hub_file import hub_file, is_hub_file
from deepbio.zoo.importers.importer import Conversion, Importer, importer, importers
from deepbio.zoo.importers.published_file import PublishedFile, parts_of, read_published_file
from deepbio.zoo.preset import save_preset
from deepbio.zoo.published import published_licence
from deepbio.zoo.record import ModelRecord, attach, describe, zoo_model
from deepbio.zoo.registry import model_spec

if TYPE_CHECKING:
    import keras

_LOGGER = logging.getLogger("deepbio")
UNKNOWN_LICENCE = "unknown; ask the authors before you use or share these weights"


def import_weights(
    format: str,
    file: str | os.PathLike[str],
    *,
    out: str | os.PathLike[str] | None = None,
    licence: str | None = None,
    **options: Any,
) -> keras.Model:
    """Build a model with the weights of a file as its authors publish it. No code of the file is run.

    Args:
        format: Published form, such as `"torchxrayvision"`; `deepbio import --list` lists them.
        file: Path or address (`hf://user/repo/file`) of the file: safetensors, PyTorch (`.pt`, `.pth`, `.bin`), Keras (`.h5`,
            `.keras`) or `.npz`.
        out: Folder to write a preset to, with golden outputs, card and recipe.
        licence: Licence of these weights, for the card, if it is not the one that the authors of the format state.
        options: Options of the format, such as `length` of the windows or `labels`.

    Returns:
        A model that returns logits, as from `get_model`.

    Raises:
        ModelError: Unknown format or option.
        WeightsError: The file cannot be read, or does not fit; the message names each array.

    Example:
        >>> import tempfile
        >>> import numpy as np
        >>> path = Path(tempfile.mkdtemp()) / "weights.npz"
        >>> np.savez(path, weight=np.zeros((1, 3)), bias=np.zeros(1))
        >>> import_weights("bpnet_lite", path)
        Traceback (most recent call last):
            ...
        deepbio.errors.WeightsError: ...weights.npz has no array 'iconv.weight', which this format needs. Did you mean weight?
    """
    form = importer(format)
    found = read_published_file(_local(file))
    model, conversion = _convert(form, _unwrapped(form, found) or found, options)
    if out is not None:
        _write(model, conversion, form, found, Path(out), licence=licence, options=options, address=os.fspath(file))
    return model


def import_for(
    architecture: str,
    file: str | os.PathLike[str],
    options: Mapping[str, Any],
    *,
    input_shape: tuple[int, ...] | None = None,
) -> keras.Model:
    """Build an architecture with the weights of a file whose format is recognized by the names of its arrays.

    Args:
        architecture: Name in the registry.
        file: Path of the file.
        options: Options of the format.
        input_shape: Shape of one example; that of the format by default.

    Raises:
        ModelError: The weights do not allow the shape.
        WeightsError: The file is in none of the formats that are known for this architecture.
    """
    path = _local(file)
    found = read_published_file(path)
    candidates = [one for one in importers().values() if architecture in one.architectures]
    if not candidates:
        known = sorted({name for one in importers().values() for name in one.architectures})
        raise WeightsError(f"No published form of weights is known for {architecture}. {nearest(architecture, known)}")
    for form in candidates:
        if (file_of_form := _unwrapped(form, found)) is not None:
            own = {"length": input_shape[0]} if input_shape and "length" in form.options() else {}
            model, conversion = _convert(form, file_of_form, {**own, **options})
            if input_shape not in (None, conversion.input.shape):
                raise ModelError(
                    f"{path} takes input of shape {conversion.input.shape}; received input_shape={input_shape}."
                )
            if conversion.architecture != architecture:
                raise WeightsError(
                    f"{path} contains {conversion.architecture}, not {architecture}. Use get_model({conversion.architecture!r}, ...)."
                )
            return model
    names = ", ".join(list(found.arrays)[:4])
    raise WeightsError(
        f"{path} is in none of the forms known for {architecture} ({', '.join(one.name for one in candidates)}): "
        f"its {len(found.arrays)} arrays are named {names}, ..."
    )


def _local(file: str | os.PathLike[str]) -> Path:
    name = os.fspath(file)
    if not is_hub_file(name):
        if name.startswith("hf://"):
            raise WeightsError(
                f"Expected one file, hf://user/repo/file or hf://user/repo@revision/file; received {name!r}."
            )
        return Path(name).expanduser()
    path = hub_file(name)
    if name.endswith(".index.json"):
        for part in sorted(set(parts_of(path).values())):
            hub_file(f"{name.rpartition('/')[0]}/{part}")
    return path


def _unwrapped(form: Importer, file: PublishedFile, *, levels: int = 3) -> PublishedFile | None:
    """Return a file with the names of a format, if need be those of one module of a larger one; None if it has others.

    A checkpoint of Lightning, say, has the network as `model`, beside arrays of its loss.

    Raises:
        WeightsError: Several modules have all arrays of the format.
    """
    if all(fnmatch.filter(file.arrays, pattern) for pattern in form.signature):
        return file
    found = {}
    for prefix in dict.fromkeys(f"{name.partition('.')[0]}." for name in file.arrays if levels and "." in name):
        inside = {name.removeprefix(prefix): a for name, a in file.arrays.items() if name.startswith(prefix)}
        if (inner := _unwrapped(form, replace(file, arrays=inside), levels=levels - 1)) is not None:
            found[prefix] = inner
    if len(found) > 1:
        names = ", ".join(name[:-1] for name in found)
        raise WeightsError(
            f"{file.path} has the network of {form.name} {len(found)} times, as {names}. Save one of them alone."
        )
    for prefix, inner in found.items():
        if left := [name for name in file.arrays if not name.startswith(prefix)]:
            _LOGGER.warning(
                "%s: the %d arrays beside %s are left out: %s", file.path, len(left), prefix, ", ".join(left[:4])
            )
        return inner
    return None


def _convert(form: Importer, file: PublishedFile, options: Mapping[str, Any]) -> tuple[keras.Model, Conversion]:
    try:
        conversion = form.apply(file, options)
    except (IndexError, ValueError) as error:  # an array of fewer dimensions than the format's
        raise WeightsError(f"{file.path} is not in the format {form.name}: {error}") from error
    record = ModelRecord(
        conversion.architecture, dict(conversion.config), conversion.input, conversion.outputs, conversion.task,
        postprocessing=conversion.postprocessing,
    )  # fmt: skip
    if conversion.build is not None or conversion.architecture is None:
        assert conversion.build is not None
        model = zoo_model(conversion.build(), record)
    else:
        defaults = model_spec(conversion.architecture).defaults
        model = build(replace(record, config={**defaults, **record.config}))
        fill(model, conversion.table, file, conversion.unused)
    return attach(model, replace(describe(model), weights=str(file.path))), conversion


def _write(
    model: keras.Model,
    conversion: Conversion,
    form: Importer,
    file: PublishedFile,
    out: Path,
    *,
    licence: str | None,
    options: Mapping[str, Any],
    address: str,
) -> None:
    sha256 = sha256_of(file.path)
    name = f"{conversion.architecture or form.name}.{file.path.name.split('.')[0]}"
    stated = licence or form.licence or published_licence(address) or UNKNOWN_LICENCE
    facts = {
        "name": name,
        "title": f"{conversion.architecture or 'Network'}, weights of {form.name}",
        "architecture": conversion.architecture,
        "task": conversion.task.kind,
        "labels": list(conversion.task.labels),
        "licence": stated,
        "citation": form.citation,
        "source": f"{file.path.name} (SHA-256 {sha256}); authors' code: {form.repository}",
    }
    recipe = {"conversion": {"format": form.name, "file": file.path.name, "sha256": sha256, "options": _plain(options)}}
    front = yaml.safe_dump(facts, sort_keys=False, allow_unicode=True, width=1000)
    text = (
        f"---\n{front}---\n"
        f"{form.summary}. Imported from the authors' own file; the numbers are unchanged.\n\n"
        f"{conversion.about}{' ' if conversion.about else ''}\n\n"
        "Intended use: research and teaching. Not for the care of patients.\n"
    )
    with replace_files(writable_folder(out)) as stage:
        (stage / "card.md").write_text(text, encoding="utf-8")
        (stage / "recipe.yaml").write_text(
            "# Imported, not trained here.\n" + yaml.safe_dump(recipe, sort_keys=False), encoding="utf-8"
        )
        save_preset(model, stage)


def _plain(options: Mapping[str, Any]) -> dict[str, Any]:
    return {key: list(value) if isinstance(value, tuple) else value for key, value in options.items()}
