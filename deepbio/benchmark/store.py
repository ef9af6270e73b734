"""The folder of a suite's results: one JSON per run, with the predictions beside it.

<out>/<data set>/<model>/seed-0-<hash>.json     all figures, and all that is needed to run it again
<out>/<data set>/<model>/seed-0-<hash>.npz      y, p and groups of the test split
<out>/<data set>/<model>/seed-0-<hash>.failed   why it could not be computed
<out>/.lock                                     locked while a suite writes to the folder
"""

import contextlib
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout

from deepbio.benchmark.suite import SuiteRun
from deepbio.errors import DataError, DeepbioError
from deepbio.files import clear_unfinished, sha256_of, write_atomically

_RESULT_FORMAT = 1


@dataclass(frozen=True)
class Store:
    """Results of runs under one folder."""

    folder: Path

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Reserve the folder for this process. The operating system frees it when the process ends, also by SIGKILL.

        Raises:
            DeepbioError: another process has reserved it.
        """
        try:
            with FileLock(self.folder / ".lock", timeout=0):
                yield
        except Timeout as error:
            raise DeepbioError(
                f"Another `deepbio benchmark` is writing to {self.folder}. Wait for its end or choose another folder with "
                "--out. One command can use many processes (--workers) or machines (--scheduler)."
            ) from error

    def path(self, run: SuiteRun, suffix: str = "json") -> Path:
        """Return the path of a run's file."""
        return self.folder / f"{run.key}.{suffix}"

    def has(self, run: SuiteRun) -> bool:
        """Return whether the run has a result."""
        return self.path(run).exists()

    def write(self, run: SuiteRun, result: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        """Write a run's predictions, then its result, so that each result has its predictions."""
        self.path(run).parent.mkdir(parents=True, exist_ok=True)
        target = self.path(run, "npz")
        content = io.BytesIO()
        np.savez_compressed(content, allow_pickle=False, **arrays)
        clear_unfinished(target)
        with write_atomically(target) as temporary:
            temporary.write_bytes(content.getvalue())
        predictions = {"file": target.name, "sha256": sha256_of(target)}
        text = json.dumps({"format": _RESULT_FORMAT, **result, "predictions": predictions}, indent=2, allow_nan=False)
        clear_unfinished(self.path(run))
        with write_atomically(self.path(run)) as temporary:
            temporary.write_text(text + "\n", encoding="utf-8")
        self.path(run, "failed").unlink(missing_ok=True)

    def write_failure(self, run: SuiteRun, reason: str) -> None:
        """Write why a run could not be computed. The next `deepbio benchmark` tries it again."""
        self.path(run).parent.mkdir(parents=True, exist_ok=True)
        with write_atomically(self.path(run, "failed")) as temporary:
            temporary.write_text(reason.strip() + "\n", encoding="utf-8")

    def failure(self, run: SuiteRun) -> str | None:
        """Return why the run could not be computed the last time, or `None`."""
        try:
            return self.path(run, "failed").read_text(encoding="utf-8").strip()
        except OSError:
            return None

    def read(self, run: SuiteRun) -> dict[str, Any]:
        """Read the result of a run.

        Raises:
            DataError: the result does not exist, or has another format.
        """
        file = self.path(run)
        try:
            result = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise DataError(f"Expected the result of {run.key} at {file}: {error}. Run `deepbio benchmark`.") from error
        if not isinstance(result, dict) or result.get("format") != _RESULT_FORMAT:
            raise DataError(
                f"{file} has another format than {_RESULT_FORMAT}. Remove it and run `deepbio benchmark` again."
            )
        return result

    def predictions(self, run: SuiteRun) -> dict[str, np.ndarray]:
        """Read targets `y`, predictions `p` and, if the examples have groups, `groups`, after checking their SHA-256.

        Raises:
            DataError: the file is missing or has changed.
        """
        recorded, file = self.read(run).get("predictions"), self.path(run, "npz")
        if not file.is_file():
            raise DataError(
                f"The predictions of {run.key} are not beside its result ({file}), and intervals need them. "
                "Remove the result and run `deepbio benchmark` again."
            )
        if not isinstance(recorded, dict) or sha256_of(file) != recorded.get("sha256"):
            raise DataError(f"{file} has changed since it was written. Remove it with its result and run again.")
        with np.load(file, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}
