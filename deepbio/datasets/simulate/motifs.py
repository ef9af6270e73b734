"""`simulate_motifs`: DNA with real motifs planted by a grammar, in a background that does not reveal the class."""

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

# dinucleotides (rows: first base, columns: second, A C G T) in chr22:20,000,001-21,000,000 of GRCh37, without N
_HUMAN = np.array(
    [
        [53518, 45311, 67882, 44444],
        [71158, 76039, 19937, 69066],
        [52031, 62054, 76614, 46412],
        [34448, 52796, 72678, 55610],
    ]
)


class Planted(NamedTuple):
    """One planted site: example, motif id, first position, position after the last, and strand (`+` or `-`)."""

    example: int
    motif: str
    start: int
    end: int
    strand: str


@dataclass(frozen=True, eq=False)
class MotifSequences:
    """Sequences, their classes and their planted sites.

    Args:
        x: uint8 codes `(n, length)`.
        y: int64 `(n,)`: 1 if the sequence follows the grammar, otherwise 0.
        planted: All sites, by example and position.
        motifs: Planted motifs.
        broken: Rule that each example breaks; `""` for positives and shuffled sequences.
        pairs: int64 `(n,)`: a shuffled sequence and its original have the same number and belong in one split.
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
        """Return bool `(n, length)`: whether a base is part of a planted site, which an attribution should find."""
        found = np.zeros(self.x.shape, dtype=bool)
        for site in self.planted:
            found[site.example, site.start : site.end] = True
        return found

    def dataset(self, *, name: str = "simulated_motifs", seed: int = 0) -> Dataset:
        """Return the data set. Ids are the indices of the examples, as in `planted`."""
        from deepbio.datasets.build import from_arrays

        return from_arrays(
            self.x,
            self.y,
            modality="dna",
            labels=("other", "grammar"),
            ids=np.arange(len(self)).astype(str),
            groups=self.pairs,
            seed=seed,
            name=name,
        )


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
    """Plant JASPAR motifs in random DNA; half of the sequences follow a grammar, the other half do not.

    A positive sequence has every motif once, side by side within `spacing`, in the given order and orientation. Each base of a
    site is drawn from the motif's matrix. A negative is either the dinucleotide shuffle of a positive, so that both classes
    have the same dinucleotide counts, or has the same motifs with one rule broken. A motif may also occur in the background:
    only the planted sites are recorded.

    Args:
        motifs: Ids or names in JASPAR, or user-supplied `Motif`s. The default is CTCF and NFYB.
        examples: Number of sequences, half of them positive.
        length: Length of a sequence in bases.
        spacing, orientation, order: The grammar; see `deepbio.datasets.simulate.grammar.Grammar`.
        negatives: `"shuffled"`, or `"broken"` for sequences that break exactly one rule (a motif is missing, too near or
            far, on the wrong strand, or in the wrong order).
        background: uint8 codes `(m, length)` that are shuffled to make backgrounds. By default they are drawn from a Markov
            chain with the dinucleotides of a human chromosome.
        release: Release of JASPAR.
        seed: Random seed.

    Raises:
        DataError: A motif or rule is unknown, the motifs do not fit into `length`, or the background has another length.
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
            f"The motifs with their gaps take up to {grammar.span(chosen)} bases; the sequences have {length}. Choose a "
            "greater length or a closer spacing."
        )
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence(seed)))
    positives = (examples + 1) // 2
    x = _background(background, examples, length, rng)
    y = np.repeat([1, 0], [positives, examples - positives]).astype(np.int64)
    planted, broken = [], np.full(examples, "", dtype="<U11")
    for i in range(positives):
        planted += _plant(x[i], i, grammar.sites(chosen, length, rng), chosen, rng)
    if negatives == "shuffled":
        x[positives:] = dinucleotide_shuffle(x[: examples - positives], seed=rng)
        pairs = np.concatenate([np.arange(positives), np.arange(examples - positives)])
    else:
        pairs = np.arange(examples)
        for i in range(positives, examples):
            sites, broken[i] = grammar.broken(chosen, length, rng)
            planted += _plant(x[i], i, sites, chosen, rng)
    # in random order, so that the first half is not all positive
    shuffled = rng.permutation(examples)
    new = np.argsort(shuffled)
    planted = sorted(
        (site._replace(example=int(new[site.example])) for site in planted), key=lambda site: (site.example, site.start)
    )
    return MotifSequences(x[shuffled], y[shuffled], tuple(planted), chosen, broken[shuffled], pairs[shuffled])


def _motifs(motifs: Sequence[str | Motif], release: str) -> tuple[Motif, ...]:
    if isinstance(motifs, str):
        motifs = (motifs,)
    names = [motif for motif in motifs if isinstance(motif, str)]
    found = dict(zip(names, read_motifs(names, release=release), strict=True)) if names else {}
    return tuple(found[motif] if isinstance(motif, str) else motif for motif in motifs)


def _background(background: np.ndarray | None, examples: int, length: int, rng: np.random.Generator) -> np.ndarray:
    if background is not None:
        codes = as_codes(background)
        if codes.ndim != 2 or codes.shape[1] != length or not len(codes):
            raise DataError(f"The background has shape (m, {length}); received {codes.shape}.")
        return dinucleotide_shuffle(codes[rng.integers(0, len(codes), examples)], seed=rng)
    after = (_HUMAN / _HUMAN.sum(axis=1, keepdims=True)).cumsum(axis=1)[:, :3]
    first = np.cumsum(_HUMAN.sum(axis=1) / _HUMAN.sum())[:3]
    uniform = rng.random((length, examples))
    x = np.empty((length, examples), dtype=np.uint8)
    x[0] = np.searchsorted(first, uniform[0], side="right")
    for i in range(1, length):
        x[i] = (after[x[i - 1]] <= uniform[i][:, None]).sum(axis=1)
    return np.ascontiguousarray(x.T)


def _plant(
    row: np.ndarray, example: int, sites: list[Site], motifs: tuple[Motif, ...], rng: np.random.Generator
) -> list[Planted]:
    found = []
    for site in sites:
        motif = motifs[site.motif]
        codes = motif.sample(rng)
        row[site.start : site.start + len(motif)] = reverse_complement(codes) if site.minus else codes
        found.append(Planted(example, motif.id, site.start, site.start + len(motif), "-" if site.minus else "+"))
    return found
