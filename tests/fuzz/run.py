"""Fuzz all readers for a while and print a table: `python -m tests.fuzz.run --mutants 1000 --seed 0 [FORMAT ...]`.

Each format has a process of its own, which is started again after a crash. Outcomes other than data and `DeepbioError` are
printed with the number of the mutant that repeats them. Parsers that deepbio runs in a child process run in a fork here, which
saves their imports for each file.
"""

import argparse
import faulthandler
import os
import random
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from pathlib import Path

from deepbio import isolated
from deepbio.errors import DeepbioError
from tests.fuzz.formats import Format
from tests.fuzz.list_formats import FORMATS
from tests.fuzz.mutate import mutated

HANG = 10.0  # seconds of processor time, of the worker and of what it started
STUCK = 60  # seconds after which a worker is ended
MEMORY = 2048  # MiB of a process
FINE = ("data", "DeepbioError")


def outcome_of(form: Format, path: Path, content: bytes, random_: random.Random) -> str:
    """Write a mutant at `path`, read it, and return "data", "DeepbioError" or the exception and its place."""
    path.write_bytes(mutated(content, random_, form.kind))
    try:
        form.read(path)
        return "data"
    except DeepbioError:
        return "DeepbioError"
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "/deepbio/" in frame.filename]
        place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "another package"
        return f"{type(error).__name__} at {place}"


def _run_forked(command: list[str], seconds: float) -> int | None:
    """Do in a fork what `deepbio.isolated` does in a new interpreter; return its code, or None if it took too long."""
    child = os.fork()
    if child == 0:
        try:
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, 1)
            os.dup2(null, 2)
            isolated._serve(command[-1])
        except BaseException:
            os._exit(1)
        os._exit(0)
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.001)
    os.kill(child, 9)
    os.waitpid(child, 0)
    return None


def _work(name: str, seed: int, first: int, last: int, log: Path) -> None:
    """Read the mutants `first` to `last - 1` and write one line for each."""
    warnings.simplefilter("ignore")
    isolated._run = _run_forked  # type: ignore[assignment]
    form = FORMATS[name]
    with tempfile.TemporaryDirectory() as folder, log.open("a", buffering=1) as lines:
        path = form.make(Path(folder))
        content = path.read_bytes()
        form.read(path)  # imports what it needs, and shows that the starting point is sound
        for number in range(first, last):
            faulthandler.dump_traceback_later(STUCK, exit=True)
            began = sum(os.times()[:4])
            outcome = outcome_of(form, path, content, random.Random(f"{name} {seed} {number}"))
            lines.write(f"{outcome}\t{sum(os.times()[:4]) - began:.2f}\n")
            faulthandler.cancel_dump_traceback_later()


def fuzz(name: str, mutants: int, seed: int) -> tuple[str, list[str]]:
    """Return the row of the table for a format, and a line for each kind of outcome that is neither data nor one error."""
    outcomes: list[tuple[str, float]] = []
    mib, began = 0, time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "outcomes.tsv"
        while len(outcomes) < mutants:
            log.write_text("")
            command = [sys.executable, "-m", "tests.fuzz.run", name, "--seed", str(seed), "--log", str(log)]
            numbers = ["--first", str(len(outcomes)), "--mutants", str(mutants)]
            with (Path(folder) / "errors.txt").open("w") as errors:
                child = subprocess.Popen([*command, *numbers], stdout=errors, stderr=errors)
                _, status, usage = os.wait4(child.pid, 0)
                child.returncode = code = os.waitstatus_to_exitcode(status)
            mib = max(mib, usage.ru_maxrss // 1024)
            lines = [line.rsplit("\t", 1) for line in log.read_text().splitlines()]
            outcomes += [(outcome, float(seconds)) for outcome, seconds in lines]
            if code:
                words = (Path(folder) / "errors.txt").read_text(errors="replace").strip().splitlines() or [""]
                outcomes.append((f"crash or hang, code {code}: {words[-1][:200]}", 0.0))
                if not lines:
                    break  # the worker does not start
    slowest = max(seconds for _, seconds in outcomes)
    outcomes = [(outcome if seconds < HANG else f"took {seconds:.0f} s", seconds) for outcome, seconds in outcomes]
    counts = Counter(outcome for outcome, _ in outcomes)
    data, errors = (counts.pop(kind, 0) for kind in FINE)
    order = [outcome for outcome, _ in outcomes]
    odd = [f"{kind}: {count}, first mutant {order.index(kind)}" for kind, count in counts.most_common()]
    if mib > MEMORY:
        odd.append(f"a process of {mib} MiB")
    taken = time.monotonic() - began
    others = counts.total()
    return f"| {name} | {len(order)} | {data} | {errors} | {others} | {slowest:.2f} | {mib} | {taken:.0f} |", odd


def main() -> None:
    """Run the fuzzers of the formats named, or of all, and print one line for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("formats", nargs="*", default=list(FORMATS))
    parser.add_argument("--mutants", type=int, default=1000, help="of each format")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0, help="number of the first mutant of a worker")
    parser.add_argument("--log", type=Path, help="be a worker: one line for each mutant to this file")
    given = parser.parse_args()
    if given.log is not None:
        _work(given.formats[0], given.seed, given.first, given.mutants, given.log)
        return
    sys.stdout.write("| format | mutants | data | DeepbioError | others | slowest CPU s | MiB | seconds |\n")
    sys.stdout.write("|---|--:|--:|--:|--:|--:|--:|--:|\n")
    found = []
    for name in given.formats:
        row, odd = fuzz(name, given.mutants, given.seed)
        found += odd
        sys.stdout.write("\n".join([row, *(f"  {line}" for line in odd)]) + "\n")
        sys.stdout.flush()
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
