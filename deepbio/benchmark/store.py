"""The folder of a suite's results: one JSON a cell, its predictions beside it, and the claims.

<out>/<data set>/<model>/seed-0-<hash>.json     all figures, and all that is needed to run it again
<out>/<data set>/<model>/seed-0-<hash>.npz      y, p and groups of the test split
<out>/<data set>/<model>/seed-0-<hash>.failed   why it could not be computed
<out>/claims/                                   who is at work on what
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from deepbio.benchmark.suite import Cell
from deepbio.errors import DataError
from deepbio.files import sha256_of, write_atomically

FORMAT = 1


@dataclass(frozen=True)
class Store:
    """Results under one folder, which several processes and machines may share."""

    folder: Path

    @property
    def claims(self) -> Path:
        """Folder of the claims."""
        return self.folder / "claims"

    def place(self, cell: Cell, ending: str = "json") -> Path:
        """Return the path of a cell's file."""
        return self.folder / f"{cell.key}.{ending}"

    def has(self, cell: Cell) -> bool:
        """Whether the cell is finished."""
        return self.place(cell).exists()

    def write(self, cell: Cell, result: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        """Write a cell's predictions, then its result: a result that stands has its predictions."""
        self.place(cell).parent.mkdir(parents=True, exist_ok=True)
        target = self.place(cell, "npz")
        content = io.BytesIO()
        np.savez_compressed(content, allow_pickle=False, **arrays)
        with write_atomically(target) as beside:
            beside.write_bytes(content.getvalue())
        predictions = {"file": target.name, "sha256": sha256_of(target)}
        text = json.dumps({"format": FORMAT, **result, "predictions": predictions}, indent=2, allow_nan=False)
        with write_atomically(self.place(cell)) as beside:
            beside.write_text(text + "\n", encoding="utf-8")
        self.place(cell, "failed").unlink(missing_ok=True)

    def write_failure(self, cell: Cell, reason: str) -> None:
        """Write why a cell could not be computed; the next `deepbio benchmark` tries it again."""
        self.place(cell).parent.mkdir(parents=True, exist_ok=True)
        with write_atomically(self.place(cell, "failed")) as beside:
            beside.write_text(reason.strip() + "\n", encoding="utf-8")

    def failure(self, cell: Cell) -> str | None:
        """Return why the cell could not be computed the last time, or None."""
        try:
            return self.place(cell, "failed").read_text(encoding="utf-8").strip()
        except OSError:
            return None

    def read(self, cell: Cell) -> dict[str, Any]:
        """Read a cell's result.

        Raises:
            DataError: it is not there, or of another format.
        """
        file = self.place(cell)
        try:
            result = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise DataError(
                f"Expected the result of {cell.key} at {file}: {error}. Run `deepbio benchmark`."
            ) from error
        if not isinstance(result, dict) or result.get("format") != FORMAT:
            raise DataError(f"{file} is of another format than {FORMAT}. Remove it and run `deepbio benchmark` again.")
        return result

    def predictions(self, cell: Cell) -> dict[str, np.ndarray]:
        """Read truth `y`, predictions `p` and, where examples come in groups, `groups`, after checking their SHA-256.

        Raises:
            DataError: the file is missing or has changed.
        """
        entry = self.read(cell)["predictions"]
        file = self.place(cell).with_name(entry["file"])
        if not file.is_file():
            raise DataError(
                f"The predictions of {cell.key} are not beside its result ({file}), and intervals need them. "
                "Remove the result and run `deepbio benchmark` again."
            )
        if sha256_of(file) != entry["sha256"]:
            raise DataError(f"{file} has changed since it was written. Remove it with its result and run again.")
        with np.load(file, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}
