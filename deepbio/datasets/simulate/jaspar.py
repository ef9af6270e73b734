"""Binding motifs of JASPAR as probabilities, from the database inside the package `pyjaspar`."""

import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from deepbio.errors import DataError, nearest
from deepbio.optional import require

RELEASE = "JASPAR2024"
_ID = re.compile(r"^[A-Z]{2}\d{4}(\.\d+)?$")


@dataclass(frozen=True, eq=False)
class Motif:
    """A motif: the probability of each base at each position of a protein's binding site.

    Args:
        id: Id such as `"MA0139.1"`.
        name: Name of the protein, such as `"CTCF"`.
        probabilities: float64 `(length, 4)`, columns A C G T, each row of sum 1.

    Raises:
        DataError: The probabilities have another shape or sum, or are negative.
    """

    id: str
    name: str
    probabilities: np.ndarray = field(repr=False)

    def __post_init__(self) -> None:
        p = np.asarray(self.probabilities, dtype=np.float64)
        if p.ndim != 2 or p.shape[1] != 4 or not len(p) or (p < 0).any() or not np.allclose(p.sum(axis=1), 1):
            raise DataError(
                f"Motif {self.id}: expected probabilities (length, 4) with rows of sum 1; received {p.shape}."
            )
        object.__setattr__(self, "probabilities", p)

    def __len__(self) -> int:
        return len(self.probabilities)

    def sample(self, rng: np.random.Generator) -> np.ndarray:
        """Draw one site as uint8 codes `(length,)`, each position independently."""
        below = self.probabilities.cumsum(axis=1)[:, :3] <= rng.random(len(self))[:, None]
        return below.sum(axis=1).astype(np.uint8)


def read_motifs(names: Sequence[str], *, release: str = RELEASE) -> tuple[Motif, ...]:
    """Read motifs of JASPAR by id (`"MA0139.1"`, or `"MA0139"` for its latest version) or by the protein's name.

    Args:
        names: Ids or names. Of several motifs with one name, the first of the core collection by id is returned.
        release: Release such as `"JASPAR2024"`; the installed pyjaspar must contain it.

    Raises:
        DataError: There is no such release or motif.
        OptionalDependencyError: pyjaspar is not installed (extra `genomics`).

    Source: Rauluseviciute et al. 2024, doi:10.1093/nar/gkad1059 (CC BY 4.0).
    """
    pyjaspar = require("pyjaspar", extra="genomics", purpose="Reading JASPAR motifs")
    if release not in pyjaspar.jaspar_releases:
        raise DataError(f"pyjaspar has no release {release!r}. {nearest(release, pyjaspar.jaspar_releases)}")
    database = pyjaspar.jaspardb(release=release)
    found = []
    for name in names:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pyjaspar warns of what it does not find; the error below is clearer
            match = database.fetch_motif_by_id(name) if _ID.match(name) else None
            named = [] if match else database.fetch_motifs(collection="CORE", tf_name=name) or []
        if match is None:
            if not named:
                raise DataError(
                    f"{release} has no motif {name!r}. Expected an id such as MA0139.1 or a name such as CTCF (jaspar.elixir.no)."
                )
            match = min(named, key=lambda motif: motif.matrix_id)
        counts = np.stack([np.asarray(match.counts[base], dtype=np.float64) for base in "ACGT"], axis=1)
        found.append(Motif(match.matrix_id, match.name, counts / counts.sum(axis=1, keepdims=True)))
    database.conn.close()
    return tuple(found)
