"""`isolated`: call a function that reads a file of others in a child process, because its parser can crash or hang.

Nothing is unpickled: arguments and results are JSON and NumPy arrays in a temporary folder.
"""

import contextlib
import importlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from deepbio import errors
from deepbio.errors import DataError, DeepbioError
from deepbio.limits import max_bytes

SECONDS = 8.0
_BYTES_A_SECOND = 2_000_000  # of a slow disk
_MEMORY = 1 << 30
_MEMORY_PER_BYTE = 30  # a compressed file may unpack to so much
_ROOT = str(Path(__file__).resolve().parents[1])
_START = "import sys; sys.path.insert(0, sys.argv[1]); from deepbio.isolated import _serve; _serve(sys.argv[2])"


def isolated(
    function: Callable[..., dict[str, Any]],
    path: str | os.PathLike[str],
    *,
    imports: Sequence[str] = (),
    **given: Any,
) -> dict[str, Any]:
    """Call `function(path, **given)` in a child process with a limit on time and memory, and return its result.

    The time is 8 seconds and one for each 2 MB of the file, the memory 1 GiB and 30 times the size of the file. With
    `DEEPBIO_ISOLATE=0` the function is called in this process, which is faster, for files that you trust.

    Args:
        function: Function of a module of deepbio, which returns a dictionary of arrays and JSON-able values.
        path: Path of the file.
        imports: Modules that the function needs, imported before the time counts.
        **given: Arrays and JSON-able values.

    Raises:
        DeepbioError: What the function raises.
        DataError: The parser crashed, ran out of memory or took too long, or raised another exception.

    Example:
        >>> from deepbio.isolated import size_of
        >>> isolated(size_of, os.devnull)
        {'size': 0}
    """
    file = os.fspath(path)
    if os.environ.get("DEEPBIO_ISOLATE") == "0":
        return function(file, **given)
    size = Path(file).stat().st_size
    seconds = SECONDS + size / _BYTES_A_SECOND
    memory = min(_MEMORY + _MEMORY_PER_BYTE * size, max(max_bytes(), _MEMORY))
    with tempfile.TemporaryDirectory(prefix="deepbio-isolated-") as folder:
        request = {"module": function.__module__, "name": function.__name__, "path": file, "imports": list(imports)}
        _write(Path(folder) / "request", given, request | {"seconds": seconds, "memory": memory})
        code = _run([sys.executable, "-P", "-c", _START, _ROOT, folder], seconds)
        if code == 0 and (Path(folder) / "result.json").is_file():
            found, problem = _read(Path(folder) / "result")
            if problem is None:
                return found
            kind = getattr(errors, str(problem["kind"]), None)
            if isinstance(kind, type) and issubclass(kind, DeepbioError):
                raise kind(problem["message"])
            reason = f"the library that reads it failed: {problem['kind']}: {problem['message']}"
        elif code is None:
            reason = f"reading it took more than {seconds:.0f} seconds"
        else:
            name = signal.Signals(-code).name if code < 0 else f"code {code}"
            reason = f"the library that reads it crashed ({name})"
    raise DataError(
        f"{file}: expected a sound file; {reason}. It is damaged or made to do harm: copy or download it again."
    )


def size_of(path: str) -> dict[str, Any]:
    """Return the size of a file in bytes, as an example of a function for `isolated`."""
    return {"size": os.stat(path).st_size}  # noqa: PTH116


def _run(command: list[str], seconds: float) -> int | None:
    """Run the child and return its code, or None if it took longer than `seconds` after its imports."""
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    child = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=os.environ | threads
    )
    with child:
        try:
            assert child.stdout is not None
            child.stdout.readline()  # written when the imports are done
            return child.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            return None
        finally:
            child.kill()


def _serve(folder: str) -> None:
    """Do what the parent asked for in `folder`."""
    given, request = _read(Path(folder) / "request")
    assert request is not None
    function = getattr(importlib.import_module(request["module"]), request["name"])
    for module in request["imports"]:  # their imports are not the file's fault
        importlib.import_module(module)
    _limit(request["memory"], request["seconds"])
    os.write(1, b"ready\n")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    found: dict[str, Any] = {}
    problem = None
    try:
        found = function(request["path"], **given)
    except BaseException as error:  # bindings of Rust raise PanicException, which is no Exception
        lines = str(error).splitlines() or [""]
        known = isinstance(error, DeepbioError)
        problem = {"kind": type(error).__name__, "message": str(error) if known else lines[0][:300]}
    _write(Path(folder) / "result", found, problem)


def _limit(memory: int, seconds: float) -> None:
    with contextlib.suppress(ImportError, OSError, ValueError):  # not on Windows
        import resource

        used = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * os.sysconf("SC_PAGE_SIZE")
        resource.setrlimit(resource.RLIMIT_AS, (used + memory, used + memory))
        resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 60, int(seconds) + 60))  # should the parent be killed
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _write(stem: Path, values: dict[str, Any], note: Any) -> None:
    arrays = {name: value for name, value in values.items() if isinstance(value, np.ndarray)}
    np.savez(stem.with_suffix(".npz"), **arrays)  # type: ignore[arg-type]
    plain = {name: value for name, value in values.items() if name not in arrays}
    stem.with_suffix(".json").write_text(json.dumps([plain, note]), encoding="utf-8")


def _read(stem: Path) -> tuple[dict[str, Any], dict[str, Any] | None]:
    plain, note = json.loads(stem.with_suffix(".json").read_text(encoding="utf-8"))
    with np.load(stem.with_suffix(".npz"), allow_pickle=False) as arrays:
        return {**plain, **{name: arrays[name] for name in arrays.files}}, note
