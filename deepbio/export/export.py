"""`export`: write a model for other runtimes, run the result, and compare it with `predict` before it gets its place."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from deepbio.datasets import Split
from deepbio.errors import DataError, DeepbioError, ModelError, nearest
from deepbio.export.deployable import deployable
from deepbio.export.runtimes import load_exported
from deepbio.export.servers import arrange, check_server
from deepbio.export.writers import FORMATS
from deepbio.files import cannot_write, sha256_of, writable_folder
from deepbio.inference import Evaluation, evaluate, predict
from deepbio.inference.evaluate import compare
from deepbio.specs import ModelInput
from deepbio.zoo import describe
from deepbio.zoo.golden_outputs import golden_inputs
from deepbio.zoo.preset import write_json

if TYPE_CHECKING:
    import keras

DESCRIPTION = "deepbio.json"
_ENCODING = {
    "dna": "codes of bases: A C G T = 0 1 2 3, any other letter 4",
    "image": "pixels 0 to 255, channels last",
    "text": "token ids of tokenizer.json (the tokenizers library), padded with 0 to the length",
    "table": "columns in the order of `features`, in their own units; categories as positions in `categories`, -1 for another",
}


@dataclass(frozen=True)
class Exported:
    """What `export` wrote.

    Args:
        folder: Folder of the export.
        format: Name of the format.
        size: Number of bytes of the network.
        difference: Largest difference from `predict` on the golden inputs, as a fraction of the largest prediction if that is over 1.
        path: Path of the network inside the folder, as `load_exported` takes it.
    """

    folder: Path
    format: str
    size: int
    difference: float
    path: Path


def export(
    model: keras.Model,
    folder: str | os.PathLike[str],
    *,
    format: str = "onnx",
    int8: bool = False,
    server: str | None = None,
    tolerance: float = 1e-5,
    overwrite: bool = False,
) -> Exported:
    """Export a model with its activation and calibration inside: bytes in, calibrated predictions out.

    The exported network runs once in the runtime of its format. Its predictions of the golden inputs must equal those of `predict`;
    otherwise nothing is written.

    Args:
        model: Model from `get_model` or `fit`, with a task.
        folder: Folder to write: the network, `deepbio.json` (input, labels, thresholds, golden inputs and predictions), and
            `tokenizer.json` of a model of notes, whose tokenizer runs outside of the network.
        format: `"saved_model"`, `"onnx"`, `"openvino"`, `"litert"` or `"torch"`. A SavedModel of a DNA model has a second signature,
            `sequences`, which takes strings.
        int8: Whether weights become int8 (ONNX and LiteRT). The loss is the `difference` of the result; `tolerance` does not apply.
        server: `"tf-serving"` (SavedModel) or `"triton"` (ONNX) for a folder that the server loads as it is.
        tolerance: Largest difference allowed, as a fraction of the largest prediction if that is over 1.
        overwrite: Whether to replace an export in `folder`.

    Returns:
        Size and difference of what was written.

    Raises:
        ModelError: The model has no task, or the exported network returns other numbers or cannot be run.
        DataError: Unknown format or server, a format without int8, or a folder that exists.
        OptionalDependencyError: The converter or the runtime is not installed: `pip install 'deepbio-zoo[export]'`, or
            `'deepbio-zoo[torch]'`.

    Example:
        >>> import tempfile
        >>> from deepbio.datasets import load_dataset
        >>> from deepbio.zoo import get_model
        >>> data = load_dataset("xor")
        >>> out = tempfile.mkdtemp() + "/xor"
        >>> found = export(get_model("mlp", dataset=data, seed=0), out, format="saved_model")
        >>> found.difference < 1e-6, load_exported(out)(data.test.x).shape
        (True, (200,))
    """
    if format not in FORMATS:
        raise DataError(f"Unknown format {format!r}. {nearest(format, list(FORMATS))}")
    chosen = FORMATS[format]
    if int8 and chosen.int8 is None:
        raise DataError(f"{format} has no int8 form here; onnx and litert have one.")
    if server is not None:
        check_server(server, format)
    out, network, record = Path(folder), deployable(model), describe(model)
    _check_folder(out, overwrite=overwrite)
    assert record.input is not None
    stage = writable_folder(out.absolute().parent) / f".{out.name[:200]}-{os.urandom(6).hex()}"
    try:
        stage.mkdir()
        path = stage / chosen.file
        with _full_disks_named(out):
            ((chosen.int8 if int8 else None) or chosen.write)(network, record.input, path)
        x = golden_inputs(record.input, 3)
        expected = np.asarray(predict(model, x), np.float32)
        difference = _difference(path, x, expected, format)
        if not int8 and not difference <= tolerance:
            raise ModelError(
                f"{model.name} as {format} returns other predictions (difference {difference:.1e}, allowed {tolerance:.0e}), so it "
                "was not written. Choose another format; docs/export.md has a table of what works."
            )
        size = sum(file.stat().st_size for file in stage.rglob("*") if file.is_file())
        facts = _facts(model, record.input, path, x, expected, int8=int8, format=format)
        if record.input.tokenizer is not None:
            (stage / "tokenizer.json").write_text(record.input.tokenizer, encoding="utf-8")
        place = Path(chosen.file) if server is None else arrange(stage, chosen.file, server, network, record.input)
        write_json(stage / DESCRIPTION, facts | {"difference": difference})
        if out.exists():
            shutil.rmtree(out)
        stage.rename(out)
    finally:
        shutil.rmtree(stage, ignore_errors=True)
    return Exported(out, format, size, difference, out / place)


def compare_exported(model: keras.Model, exported: Exported, split: Split) -> tuple[Evaluation, Evaluation]:
    """Evaluate a model and its exported form on one split, such as to see what int8 weights cost.

    Args:
        model: Model that was exported.
        exported: What `export` returned.
        split: Split with labels; read in memory at once.

    Returns:
        The evaluations of the model and of its exported form.
    """
    before, run = evaluate(model, split), load_exported(exported.path, trusted=True)
    x = split.x[np.arange(len(split))]
    p = np.concatenate([run(x[first : first + 256]) for first in range(0, len(x), 256)])
    return before, compare(before.task, before.y, p, groups=split.groups, names=list(before.metrics))


def _check_folder(out: Path, *, overwrite: bool) -> None:
    """Check that a folder is new, empty, or contains an export to be replaced."""
    try:
        is_export, is_empty = (out / DESCRIPTION).is_file(), out.is_dir() and not any(out.iterdir())
        taken = out.exists() and not is_empty
    except OSError as error:  # a name that is too long, a folder that cannot be read
        raise cannot_write(out, error) from error
    if taken and not (overwrite and is_export):
        way = ", or pass overwrite=True (--overwrite) to replace the export in it" if is_export else ""
        raise DataError(f"{out} exists{'' if is_export else ' and is no export'}. Choose another folder{way}.")


@contextlib.contextmanager
def _full_disks_named(out: Path) -> Iterator[None]:
    """Raise one error for a disk that is full, which each converter reports by a class of its own."""
    try:
        yield
    except Exception as error:
        text = f"{error} {error.__cause__}"
        codes = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        found = next((code for code in codes if os.strerror(code) in text), getattr(error, "errno", None))
        if found is None:
            raise
        raise cannot_write(out, OSError(found, os.strerror(found))) from error


def _difference(path: Path, x: np.ndarray, expected: np.ndarray, format: str) -> float:
    try:
        found = load_exported(path, trusted=True)(x)
    except DeepbioError:
        raise
    except Exception as error:  # each runtime has exceptions of its own
        reason = str(error).strip().splitlines()[-1][:200]
        raise ModelError(
            f"The {format} runtime cannot run the exported network: {reason} Choose another format."
        ) from error
    if found.shape != expected.shape:
        raise ModelError(f"The exported network returns shape {found.shape}; expected {expected.shape}.")
    return float(np.abs(found - expected).max() / max(1.0, float(np.abs(expected).max())))


def _facts(
    model: keras.Model, input: ModelInput, path: Path, x: np.ndarray, expected: np.ndarray, *, int8: bool, format: str
) -> dict[str, Any]:
    from deepbio import __version__

    record = describe(model)
    assert record.task is not None
    after = record.postprocessing
    files = sorted(file for file in (path.rglob("*") if path.is_dir() else [path]) if file.is_file())
    about = {
        key: value for key, value in input.to_dict().items() if key in ("modality", "shape", "features", "categories")
    }
    return {
        "model": model.name,
        "architecture": record.architecture,
        "format": format,
        "int8": int8,
        "input": about | {"dtype": input.dtype, "encoding": _ENCODING[input.modality]},
        "task": record.task.to_dict(),
        "calibrated": after is not None and after.calibration is not None,
        "thresholds": [] if after is None else list(after.thresholds),
        "sha256": {file.name: sha256_of(file) for file in files},
        "golden": {"inputs": x.tolist(), "predictions": expected.tolist()},
        "deepbio": __version__,
    }
