"""`simulate_motifs`: DNA with real motifs planted by a grammar, in a background that gives nothing away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np

from deepbio.datasets.dataset import Dataset
from deepbio.datasets.simulate.grammar import Grammar, Site
from deepbio.datasets.simulate.jaspar import RELEASE, Motif, read_motifs
from deepbio.errors import DataError, nearest
from deepbio.sequence import dinucleotide_shuffle, reverse_complement
from deepbio.sequence.codes import as_codes

Negatives = Literal["shuffled", "broken"]

# Pairs of letters (rows: the first, columns: the second, A C G T) in chr22:20,000,001-21,000,000 of GRCh37, N left out.
_HUMAN = np.array(
    [
        [53518, 45311, 67882, 44444],
        [71158, 76039, 19937, 69066],
        [52031, 62054, 76614, 46412],
        [34448, 52796, 72678, 55610],
    ]
)


class Planted(NamedTuple):
    """One planted site: example, motif id, first place, place behind the last, strand (`+` or `-`)."""

    example: int
    motif: str
    start: int
    end: int
    strand: str


@dataclass(frozen=True, eq=False)
class MotifSequences:
    """Sequences, their classes and what is planted in them.

    Args:
        x: uint8 codes `(n, length)`.
        y: int64 `(n,)`: 1 where the grammar is kept, 0 elsewhere.
        planted: all sites, by example and place.
        motifs: what was planted.
        broken: for each example the rule that it breaks; `""` for positives and shuffled sequences.
        pairs: int64 `(n,)`: a shuffled sequence and its original have one number, and must not stand in two splits.
    """

    x: np.ndarray = field(repr=False)
    y: np.ndarray = field(repr=False)
    planted: tuple[Planted, ...] = field(repr=False)
    motifs: tuple[Motif, ...]
    broken: np.ndarray = field(repr=False)
    pairs: np.ndarray = field(repr=False)

    def __len__(self) -> int:
        return len(self.x)

    def mask(self) -> np.ndarray:
        """Return bool `(n, length)`: which bases belong to a planted site. What an attribution should find."""
        found = np.zeros(self.x.shape, dtype=bool)
        for site in self.planted:
            found[site.example, site.start : site.end] = True
        return found

    def dataset(self, *, name: str = "simulated_motifs", seed: int = 0) -> Dataset:
        """Return the data set; ids are the examples' numbers, counted from 0 as in `planted`."""
        from deepbio.datasets.build import from_arrays

        return from_arrays(
            self.x, self.y, modality="dna", labels=("other", "grammar"), ids=np.arange(len(self)).astype(str),
            groups=self.pairs, seed=seed, name=name,
        )  # fmt: skip


def simulate_motifs(
    motifs: Sequence[str | Motif] = ("MA0139.1", "MA0502.1"),
    examples: int = 2000,
    *,
    length: int = 200,
    spacing: tuple[int, int] = (0, 20),
    orientation: str = "any",
    order: str = "any",
    negatives: Negatives = "shuffled",
    background: np.ndarray | None = None,
    release: str = RELEASE,
    seed: int = 0,
) -> MotifSequences:
    """Plant JASPAR motifs in random DNA; half of the sequences keep a grammar, the other half do not.

    A positive sequence carries every motif once, side by side within `spacing`, in the order and orientation asked for. Its
    site is drawn from the motif's matrix, letter by letter. A negative is either the dinucleotide shuffle of a positive, so
    that both classes have the same count of every pair of letters, or carries the same motifs with one rule broken.
    Sites may also come about by chance: the truth is what was planted, not all that resembles a motif.

    Args:
        motifs: ids or names in JASPAR, or `Motif`s of your own. The default is CTCF and NFYB.
        examples: number of sequences, half of them positive.
        length: bases of each.
        spacing, orientation, order: the grammar; see `deepbio.datasets.simulate.grammar.Grammar`.
        negatives: `"shuffled"`, or `"broken"` for sequences that break exactly one rule (a motif is missing, too near or
            far, on the wrong strand, or in the wrong order).
        background: uint8 codes `(m, length)` that are shuffled to make backgrounds; None draws from a Markov chain with the
            dinucleotides of a human chromosome.
        release: of JASPAR.
        seed: of everything random.

    Raises:
        DataError: an unknown motif or rule, motifs that do not fit into `length`, or a background of another length.
        OptionalDependencyError: pyjaspar is not installed (extra `genomics`).

    Example:
        >>> own = Motif("M1", "own", np.eye(4)[[0, 1, 2, 3, 0, 1]])
        >>> found = simulate_motifs([own], 4, length=30, orientation="plus")
        >>> from deepbio.sequence import decode
        >>> {decode(found.x[site.example, site.start : site.end]) for site in found.planted}
        {'ACGTAC'}
    """
    if negatives not in ("shuffled", "broken"):
        raise DataError(f"Unknown negatives {negatives!r}. {nearest(str(negatives), ('shuffled', 'broken'))}")
    if examples < 2 or not motifs:
        raise DataError(f"Expected at least one motif and two examples; received {len(motifs)} and {examples}.")
    chosen = _motifs(motifs, release)
    grammar = Grammar(spacing, orientation, order)  # type: ignore[arg-type]
    if grammar.span(chosen) > length:
        raise DataError(
            f"The motifs with their spaces take up to {grammar.span(chosen)} bases; the sequences have {length}. Give a greater "
            "length or a closer spacing."
        )
    random = np.random.Generator(np.random.Philox(np.random.SeedSequence(seed)))
    positives = (examples + 1) // 2
    x = _background(background, examples, length, random)
    y = np.repeat([1, 0], [positives, examples - positives]).astype(np.int64)
    planted, broken = [], np.full(examples, "", dtype="<U11")
    for i in range(positives):
        planted += _plant(x[i], i, grammar.sites(chosen, length, random), chosen, random)
    if negatives == "shuffled":
        x[positives:] = dinucleotide_shuffle(x[: examples - positives], seed=random)
        pairs = np.concatenate([np.arange(positives), np.arange(examples - positives)])
    else:
        pairs = np.arange(examples)
        for i in range(positives, examples):
            sites, broken[i] = grammar.broken(chosen, length, random)
            planted += _plant(x[i], i, sites, chosen, random)
    return _mixed(x, y, planted, chosen, broken, pairs, random)


def _motifs(motifs: Sequence[str | Motif], release: str) -> tuple[Motif, ...]:
    if isinstance(motifs, str):
        motifs = (motifs,)
    names = [motif for motif in motifs if isinstance(motif, str)]
    found = dict(zip(names, read_motifs(names, release=release), strict=True)) if names else {}
    return tuple(found[motif] if isinstance(motif, str) else motif for motif in motifs)


def _background(background: np.ndarray | None, examples: int, length: int, random: np.random.Generator) -> np.ndarray:
    if background is not None:
        codes = as_codes(background)
        if codes.ndim != 2 or codes.shape[1] != length or not len(codes):
            raise DataError(f"The background has shape (m, {length}); received {codes.shape}.")
        return dinucleotide_shuffle(codes[random.integers(0, len(codes), examples)], seed=random)
    after = (_HUMAN / _HUMAN.sum(axis=1, keepdims=True)).cumsum(axis=1)[:, :3]
    first = np.cumsum(_HUMAN.sum(axis=1) / _HUMAN.sum())[:3]
    draws = random.random((length, examples))
    x = np.empty((length, examples), dtype=np.uint8)
    x[0] = np.searchsorted(first, draws[0], side="right")
    for place in range(1, length):
        x[place] = (after[x[place - 1]] <= draws[place][:, None]).sum(axis=1)
    return np.ascontiguousarray(x.T)


def _plant(
    row: np.ndarray, example: int, sites: list[Site], motifs: tuple[Motif, ...], random: np.random.Generator
) -> list[Planted]:
    found = []
    for site in sites:
        motif = motifs[site.motif]
        letters = motif.draw(random)
        row[site.start : site.start + len(motif)] = reverse_complement(letters) if site.minus else letters
        found.append(Planted(example, motif.id, site.start, site.start + len(motif), "-" if site.minus else "+"))
    return found


def _mixed(
    x: np.ndarray, y: np.ndarray, planted: list[Planted], motifs: tuple[Motif, ...], broken: np.ndarray, pairs: np.ndarray,
    random: np.random.Generator,
) -> MotifSequences:  # fmt: skip
    """The examples in random order, so that the first half is not all positive."""
    order = random.permutation(len(x))
    place = np.empty(len(x), dtype=np.int64)
    place[order] = np.arange(len(x))
    moved = [site._replace(example=int(place[site.example])) for site in planted]
    moved.sort(key=lambda site: (site.example, site.start))
    return MotifSequences(x[order], y[order], tuple(moved), motifs, broken[order], pairs[order])
