"""A long run in parts: each whole on disk or absent, so that a run ended at any moment goes on where it stopped."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from deepbio.errors import DataError
from deepbio.files import writable_folder, write_atomically

_PLAN = "plan.json"


def chunks_folder(out: Path) -> Path:
    """Return the folder that holds the parts of a run while it is not finished: its output's name with `.chunks` added."""
    return out.with_name(f"{out.name}.chunks")


class Chunks:
    """The finished parts of a run, in a folder beside its output.

    Args:
        out: the output; the folder is that of `chunks_folder`.
        plan: what the results depend on. A run goes on only under an equal plan.
        resume: keep the parts that are there; otherwise begin anew.

    Raises:
        DataError: `resume`, and the parts are of another plan.
        DeepbioError: the folder cannot be written.
    """

    def __init__(self, out: Path, *, plan: Mapping[str, Any], resume: bool) -> None:
        self.folder = chunks_folder(out)
        plan = json.loads(json.dumps(plan))
        found = self._found_plan()
        if resume and found is not None and found != plan:
            different = sorted(key for key in {*found, *plan} if found.get(key) != plan.get(key))
            raise DataError(
                f"{self.folder} holds parts of a run with other {', '.join(different)}, so it cannot go on. "
                "Run without resuming to begin anew."
            )
        if not (resume and found == plan):
            self.remove()
            writable_folder(self.folder)
            with write_atomically(self.folder / _PLAN) as beside:
                beside.write_text(json.dumps(plan, indent=2), encoding="utf-8")

    def done(self, number: int) -> dict[str, Any] | None:
        """Return the counts of a finished part, or None."""
        file = self._file(number, "json")
        return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else None

    def write(self, number: int, texts: Mapping[str, str], counts: Mapping[str, Any]) -> None:
        """Write a part: its texts by kind, then, last, its counts, which say that it is whole."""
        for kind, text in texts.items():
            with write_atomically(self._file(number, kind)) as beside:
                beside.write_text(text, encoding="utf-8")
        with write_atomically(self._file(number, "json")) as beside:
            beside.write_text(json.dumps(counts), encoding="utf-8")

    def texts(self, kind: str, number: int) -> Iterator[str]:
        """Return the texts of one kind of the first `number` parts, in order."""
        for i in range(number):
            yield self._file(i, kind).read_text(encoding="utf-8")

    def remove(self) -> None:
        """Remove the folder with all parts."""
        if self.folder.is_dir():
            shutil.rmtree(self.folder)

    def _file(self, number: int, kind: str) -> Path:
        return self.folder / f"{number:07d}.{kind}"

    def _found_plan(self) -> dict[str, Any] | None:
        try:
            return json.loads((self.folder / _PLAN).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
