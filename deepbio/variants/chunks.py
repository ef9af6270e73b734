"""A long run in chunks: each is complete on disk or absent, so a run that was killed goes on where it stopped."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from deepbio.errors import DataError
from deepbio.files import writable_folder, write_atomically

PLAN = "plan.json"


def chunks_folder(out: Path) -> Path:
    """Return the folder of the chunks of an unfinished run: the name of its output with `.chunks` added."""
    return out.with_name(f"{out.name}.chunks")


class Chunks:
    """The finished chunks of a run, in a folder.

    Args:
        folder: Folder of the chunks.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def open(cls, out: Path, *, plan: Mapping[str, Any], resume: bool) -> Chunks:
        """Open the chunks of an output.

        Args:
            out: Path of the output; the folder is `chunks_folder(out)`.
            plan: Everything that the results depend on. A run goes on only under an equal plan.
            resume: Whether chunks that exist are kept; otherwise they are removed.

        Raises:
            DataError: `resume`, and the chunks belong to another plan.
            DeepbioError: the folder cannot be written.
        """
        chunks = cls(chunks_folder(out))
        plan, found = json.loads(json.dumps(plan)), chunks._plan()
        if resume and found is not None and found != plan:
            different = sorted(key for key in {*found, *plan} if found.get(key) != plan.get(key))
            raise DataError(
                f"{chunks.folder} contains chunks of a run with other {', '.join(different)}, so it cannot go on. "
                "Run without resuming to begin anew."
            )
        if not (resume and found == plan):
            chunks.remove()
            writable_folder(chunks.folder)
            with write_atomically(chunks.folder / PLAN) as temporary:
                temporary.write_text(json.dumps(plan, indent=2), encoding="utf-8")
        return chunks

    def done(self, number: int) -> dict[str, Any] | None:
        """Return the counts of a chunk, or None if it is not finished."""
        file = self._file(number, "json")
        return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else None

    def write(self, number: int, texts: Mapping[str, str], counts: Mapping[str, Any]) -> None:
        """Write a chunk: its texts by kind and, last, its counts, which mean that it is complete."""
        for kind, text in {**texts, "json": json.dumps(counts)}.items():
            with write_atomically(self._file(number, kind)) as temporary:
                temporary.write_text(text, encoding="utf-8")

    def texts(self, kind: str, n: int) -> Iterator[str]:
        """Return the texts of one kind of the first `n` chunks, in order."""
        return (self._file(number, kind).read_text(encoding="utf-8") for number in range(n))

    def remove(self) -> None:
        """Remove the folder with all chunks."""
        if self.folder.is_dir():
            shutil.rmtree(self.folder)

    def _file(self, number: int, kind: str) -> Path:
        return self.folder / f"{number:07d}.{kind}"

    def _plan(self) -> dict[str, Any] | None:
        try:
            return json.loads((self.folder / PLAN).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
