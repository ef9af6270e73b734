"""Entries of the INFO field SpliceAI, read back from a scored VCF."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, replace

from deepbio.errors import DataError
from deepbio.genome import Record, VcfFile
from deepbio.variants.output import FIELD

_PARTS = 10  # of an entry


@dataclass(frozen=True)
class Entry:
    """An entry of the INFO field with scores.

    Args:
        record: Record with the alternate of the entry alone.
        gene: Name of the gene in the annotation.
        scores: Acceptor gain and loss, donor gain and loss, as recorded.
        positions: Position of each score, relative to POS, as recorded.
        number: Number of the entry in the file.
    """

    record: Record
    gene: str
    scores: tuple[float, ...]
    positions: tuple[int, ...]
    number: int


def best_entries(file: VcfFile, top: int) -> tuple[list[Entry], int, int]:
    """Return the entries with the largest scores, the number of all entries with scores, and that of records."""
    heap: list[tuple[float, int, Entry]] = []
    n = records = 0
    for record in file.records():
        records += 1
        for entry in entries_of(record, n):
            n += 1
            item = (max(entry.scores), -entry.number, entry)
            if len(heap) < top:
                heapq.heappush(heap, item)
            elif item[:2] > heap[0][:2]:
                heapq.heapreplace(heap, item)
    return [entry for *_, entry in sorted(heap, key=lambda item: (-item[0], -item[1]))], n, records


def entries_of(record: Record, n: int) -> Iterator[Entry]:
    """Return the entries of a record that have scores, numbered from `n`.

    Raises:
        DataError: an entry is malformed, or its allele is not in ALT; with file and line.
    """
    fields = (part.partition("=") for part in record.cells[7].split(";"))
    text = next((value for name, _, value in fields if name == FIELD), "")
    for part in text.split(",") if text not in ("", ".") else ():
        cells = part.split("|")
        where = f"{record.where}: expected an entry of {FIELD} such as T|GENE|0.91|0.00|0.00|0.00|2|-26|5|11"
        if len(cells) != _PARTS:
            raise DataError(f"{where}; found {part[:60]!r}.")
        alternate, gene, *numbers = cells
        if set(numbers) == {"."}:
            continue
        try:
            scores, positions = tuple(map(float, numbers[:4])), tuple(map(int, numbers[4:]))
        except ValueError:
            raise DataError(f"{where}; found {part[:60]!r}.") from None
        if alternate not in record.alternates:
            raise DataError(f"{where}; its allele {alternate[:20]!r} is not in ALT.")
        if not all(0 <= score <= 1 for score in scores):
            raise DataError(f"{where} with scores from 0 to 1; found {part[:60]!r}.")
        alone = replace(record, alternates=(alternate,))
        yield Entry(alone, gene, scores, positions, n)
        n += 1
