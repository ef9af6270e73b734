"""A process that computes cells of a suite: `python -m deepbio.benchmark.worker SUITE OUT ...`, started by `run_suite`.

Each `fit` leaves some 20 MB of graph behind, so a worker ends after a stated number of cells and another takes its place;
what goes wrong in one also stays there.
"""

from __future__ import annotations

import argparse
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from deepbio.benchmark.claims import PATIENCE, claim, kept_alive
from deepbio.benchmark.store import Store
from deepbio.benchmark.suite import Cell, Suite, read_suite
from deepbio.errors import DeepbioError


def work(
    suite: Suite,
    store: Store,
    *,
    most: int,
    skip: set[str],
    say: Callable[[str], None],
    patience: float = PATIENCE,
    parent: int | None = None,
) -> int:
    """Compute up to `most` cells that are missing and that nobody else is at; give how many it was.

    Args:
        skip: keys that failed since the suite was started: they are tried again the next time.
        say: told of each cell that starts and ends.
        patience: seconds without a sign of life after which another's claim is void.
        parent: process without which this one ends.
    """
    done = 0
    for cell in suite.cells():
        if done == most:
            break
        if cell.key in skip or store.has(cell):
            continue
        held = claim(store.claims, cell.key, patience=patience)
        if held is None:
            continue
        try:
            if store.has(cell):  # the holder before has just finished
                continue
            with kept_alive(held, parent=parent):
                say(f"start {cell.key}")
                say(f"{'done' if _compute(cell, store) else 'failed'} {cell.key}")
                done += 1
        finally:
            held.release()
    return done


def _compute(cell: Cell, store: Store) -> bool:
    from deepbio.benchmark.cell import run_cell

    try:
        store.write(cell, *run_cell(cell))
    except DeepbioError as error:
        store.write_failure(cell, str(error))
        return False
    except Exception:  # a fault of one cell must not stop the others; its traceback is kept
        store.write_failure(cell, traceback.format_exc())
        return False
    return True


def main() -> None:
    """Read the arguments that `run_suite` gives, work, and report on standard output, a line an event."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("suite")
    parser.add_argument("out", type=Path)
    parser.add_argument("--seeds", type=int)
    parser.add_argument("--only")
    parser.add_argument("--most", type=int, default=8)
    parser.add_argument("--patience", type=float, default=PATIENCE)
    parser.add_argument("--parent", type=int)
    arguments = parser.parse_args()
    suite = read_suite(arguments.suite)
    if arguments.seeds is not None:
        suite = suite.with_seeds(arguments.seeds)
    if arguments.only:
        suite = suite.only(arguments.only)
    skip = set(sys.stdin.read().split())
    _keep_standard_output_clean()
    options = {"most": arguments.most, "patience": arguments.patience, "parent": arguments.parent}
    work(suite, Store(arguments.out), skip=skip, say=_tell, **options)


def _tell(line: str) -> None:
    sys.__stdout__.write(line + "\n")  # type: ignore[union-attr]
    sys.__stdout__.flush()  # type: ignore[union-attr]


def _keep_standard_output_clean() -> None:
    sys.stdout = sys.stderr  # what libraries print is no event


if __name__ == "__main__":
    main()
