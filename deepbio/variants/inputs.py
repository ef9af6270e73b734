"""The inputs of a run: streams copied to files, and chromosomes that the files have in common."""

import contextlib
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from deepbio.errors import DataError
from deepbio.files import FilePath


@contextlib.contextmanager
def as_files(*paths: FilePath) -> Iterator[list[FilePath]]:
    """Yield each path, or the path of a temporary copy of a stream, which cannot be read twice.

    A stream is `-` (standard input), a pipe, or the `/dev/fd/63` of a shell's `<(...)`.

    Args:
        paths: Paths of files and streams.

    Raises:
        DataError: several of them are the standard input.

    Example:
        >>> with as_files("a.vcf") as (path,):
        ...     path
        'a.vcf'
    """
    if sum(str(path) in ("-", "/dev/stdin") for path in paths) > 1:
        raise DataError("Only one input can be the standard input (-). Save the others to files.")
    with tempfile.TemporaryDirectory(prefix="deepbio-") as folder:
        yield [_as_file(path, Path(folder) / str(i)) for i, path in enumerate(paths)]


def _as_file(path: FilePath, folder: Path) -> FilePath:
    given = Path(path)
    if str(path) != "-" and (given.is_file() or given.is_dir() or not given.exists()):
        return path
    folder.mkdir()
    copy = folder / ("standard-input" if str(path) in ("-", "/dev/stdin") else given.name)
    with copy.open("wb") as out:
        if str(path) == "-":
            shutil.copyfileobj(sys.stdin.buffer, out)
        else:
            with given.open("rb") as stream:
                shutil.copyfileobj(stream, out)
    return copy


def check_chromosomes(
    vcf: FilePath, names: Sequence[str], other: FilePath, has: Callable[[str], object], its: Sequence[str]
) -> None:
    """Check that at least one chromosome of a VCF is one of another file.

    Args:
        vcf: Path of the VCF.
        names: Names of the chromosomes of its records.
        other: Path of the other file.
        has: Function of a name that returns whether the other file has this chromosome, under any name.
        its: Names of the other file, for the message.

    Raises:
        DataError: none is.
    """
    if names and not any(has(name) for name in names):
        raise DataError(
            f"None of the chromosomes of {vcf} ({_first(names)}) is in {other} ({_first(its)}). Is it of another assembly, or are "
            "its chromosomes named otherwise? Nothing was written."
        )


def _first(names: Sequence[str]) -> str:
    names = list(dict.fromkeys(names))
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
