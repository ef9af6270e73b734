"""Fuzz all readers for a while and print a table: `python -m tests.fuzz.run --mutants 1000 --seed 0 [FORMAT ...]`.

Each format runs in a process of its own, so that a crash counts as a crash of that format. Outcomes other than data and
`DeepbioError` are printed with the seed that repeats them.
"""

import argparse
import faulthandler
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import traceback
import warnings
from collections import Counter
from pathlib import Path

from deepbio.errors import DeepbioError
from tests.fuzz.formats import FORMATS, Format
from tests.fuzz.mutate import mutated

HANG = 10.0  # seconds of processor time, of this process and those that it started


def outcome_of(form: Format, path: Path, content: bytes, random_: random.Random) -> str:
    """Write a mutant at `path`, read it, and return "data", "DeepbioError" or the exception and its place."""
    path.write_bytes(mutated(content, random_, is_json=path.suffix == ".json"))
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


def _fuzz_one(name: str, mutants: int, seed: int) -> None:
    warnings.simplefilter("ignore")
    form, counts, slowest, odd = FORMATS[name], Counter(), 0.0, []
    with tempfile.TemporaryDirectory() as folder:
        path = form.make(Path(folder))
        content = path.read_bytes()
        form.read(path)  # imports what it needs, and shows that the starting point is sound
        for number in range(mutants):
            faulthandler.dump_traceback_later(60, exit=True)  # a hang ends the process
            began = sum(os.times()[:4])
            outcome = outcome_of(form, path, content, random.Random(f"{name} {seed} {number}"))
            taken = sum(os.times()[:4]) - began
            faulthandler.cancel_dump_traceback_later()
            slowest = max(slowest, taken)
            counts[outcome if taken < HANG else "hang"] += 1
            if outcome not in ("data", "DeepbioError") and len(odd) < 10:
                odd.append(f"{outcome} (mutant {number})")
    kib = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    sys.stdout.write(json.dumps({"counts": counts, "slowest": slowest, "mib": kib // 1024, "odd": odd}) + "\n")


def main() -> None:
    """Run the fuzzers of the formats named, or of all, and print one line for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("formats", nargs="*", default=list(FORMATS))
    parser.add_argument("--mutants", type=int, default=1000)
    parser.add_argument("--slow-mutants", type=int, default=20, help="of formats that start a process for each file")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--one", action="store_true", help="in this process, result as JSON")
    given = parser.parse_args()
    if given.one:
        _fuzz_one(given.formats[0], given.mutants, given.seed)
        return
    sys.stdout.write(
        "| format | mutants | data | DeepbioError | others | slowest CPU s | MiB |\n|---|--:|--:|--:|--:|--:|--:|\n"
    )
    failed = 0
    for name in given.formats:
        mutants = given.slow_mutants if FORMATS[name].slow else given.mutants
        command = [
            sys.executable,
            "-m",
            "tests.fuzz.run",
            name,
            "--one",
            "--mutants",
            str(mutants),
            "--seed",
            str(given.seed),
        ]
        done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"})
        if done.returncode != 0 or not done.stdout.strip():
            sys.stdout.write(
                f"| {name} | {mutants} | | | crash or hang: code {done.returncode} | | |\n{done.stderr[-1500:]}\n"
            )
            failed += 1
            continue
        found = json.loads(done.stdout.splitlines()[-1])
        counts = found["counts"]
        fine = counts.get("data", 0), counts.get("DeepbioError", 0)
        others = mutants - sum(fine)
        failed += others > 0
        numbers = f"{fine[0]} | {fine[1]} | {others} | {found['slowest']:.2f} | {found['mib']}"
        sys.stdout.write(f"| {name} | {mutants} | {numbers} |\n")
        for line in found["odd"]:
            sys.stdout.write(f"  {line}\n")
        sys.stdout.flush()
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
