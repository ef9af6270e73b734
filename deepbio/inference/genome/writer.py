"""The files of a prediction over a genome: all of them whole, or none."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from deepbio.errors import DataError, nearest
from deepbio.files import write_atomically
from deepbio.genome import Genome
from deepbio.genome.bigwig import BigWigFile
from deepbio.inference.genome import lines
from deepbio.inference.genome.model import GenomeModel


class GenomeWriter:
    """Files of one format: one for all outputs, or a bedGraph or bigWig for each.

    Args:
        format: `"tsv"`, `"bed"`, `"bedgraph"` or `"bigwig"`.
        out: Path, or an open text file.
        model: Model whose predictions are written.
        genome: Genome of the windows.
        outputs: Names of the outputs to write; empty for all.
        facts: Facts about the run, written as comments of text.
        raw: Whether a TSV has labels as they are.

    Raises:
        DataError: the format does not suit the model, an output is unknown, or two would have one file.
    """

    def __init__(
        self, format: str, out: Path | IO[str], model: GenomeModel, genome: Genome, *, outputs: Sequence[str],
        facts: Mapping[str, str], raw: bool,
    ) -> None:  # fmt: skip
        self.format, self._model, self._genome, self._facts, self._raw = format, model, genome, facts, raw
        self.per_base = model.positions is not None
        tracks = format in ("bedgraph", "bigwig")
        if unknown := next((name for name in outputs if name not in model.outputs), None):
            raise DataError(f"The model has no output {unknown!r}. {nearest(unknown, model.outputs)}")
        if outputs and not (tracks or self.per_base):
            raise DataError(
                "A table of windows and a BED have all outputs; outputs are chosen for bedGraph and bigWig."
            )
        if format == "bed" and model.task.kind not in ("binary", "multiclass"):
            raise DataError(
                f"A BED has a label for each window; the model predicts {model.values}: write TSV, bedGraph or bigWig."
            )
        self._chosen = [model.outputs.index(name) for name in outputs] or list(range(len(model.outputs)))
        self._names = [model.outputs[i] for i in self._chosen]
        self._stream = None if isinstance(out, Path) else out
        if isinstance(out, Path):
            several = tracks and len(self._names) > 1
            names = self._names if tracks else [""]
            self.paths = tuple(lines.path_of_output(out, name, of_several=several) for name in names)
        else:
            self.paths = ()
            if format == "bigwig" or (tracks and len(self._names) > 1):
                raise DataError("A bigWig, and several bedGraphs, need the path of a file: name it with out (--out).")
        if len(set(self.paths)) < len(self.paths):
            raise DataError(
                f"The names of the outputs, {', '.join(self._names)}, are not different enough for names of files."
            )
        self._open = contextlib.ExitStack()

    def __enter__(self) -> GenomeWriter:
        with contextlib.ExitStack() as stack:
            temporary = [stack.enter_context(write_atomically(path)) for path in self.paths]
            if self.format == "bigwig":
                self._temporary = temporary
                self._bigwigs = [
                    stack.enter_context(BigWigFile(path.absolute().parent, self._genome.lengths)) for path in self.paths
                ]
            else:
                opened = (stack.enter_context(p.open("w", encoding="utf-8", newline="\n")) for p in temporary)
                self._texts = [self._stream] if self._stream is not None else list(opened)
                self._write_headers()
            self._open = stack.pop_all()
        return self

    def __exit__(self, *problem: object) -> None:
        try:
            if self.format == "bigwig" and problem[0] is None:
                for bigwig, path in zip(self._bigwigs, self._temporary, strict=True):
                    bigwig.finish(path)
        except BaseException as error:
            self._open.__exit__(type(error), error, error.__traceback__)
            raise
        self._open.__exit__(*problem)  # type: ignore[arg-type]

    def _write_headers(self) -> None:
        task, comments = self._model.task, [*lines.comment_lines(self._facts)]
        for text, name in zip(self._texts, self._names, strict=False):
            header = list(comments)
            if self.format == "tsv":
                header.append(
                    lines.tsv_header(task, self._names, per_base=self.per_base, thresholds=self._model.thresholds)
                )
            elif self.format == "bed":
                header.append(lines.track_line("bed", self._model.name, "labels and 1,000 times their probability"))
            else:
                header.append(
                    lines.track_line("bedGraph", f"{self._model.name} {name}", f"{self._model.values}: {name}")
                )
            text.writelines(f"{line}\n" for line in header)

    def write(self, found: lines.Predicted) -> None:
        """Write the predictions of some windows."""
        if self.format == "bigwig":
            for output, bigwig in zip(self._chosen, self._bigwigs, strict=True):
                values = [one[:, output] for one in found.values]
                bigwig.add(found.chromosomes, found.starts, found.ends, values)
            return
        for text, output in zip(self._texts, self._chosen, strict=False):
            if self.format == "bedgraph":
                of_text = lines.bedgraph_lines(found, output)
            elif self.format == "bed":
                of_text = lines.bed_lines(found, self._model.task, thresholds=self._model.thresholds)
            else:
                chosen = found._replace(values=[one[:, self._chosen] for one in found.values])
                of_text = lines.tsv_lines(
                    chosen, self._model.task, per_base=self.per_base, thresholds=self._model.thresholds, raw=self._raw
                )
            text.writelines(f"{line}\n" for line in of_text)
