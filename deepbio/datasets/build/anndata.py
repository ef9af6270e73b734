"""A `Dataset` from AnnData: cells by their expression, or regions of a genome by their value in each cell type."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from deepbio.datasets.build.arrays import from_arrays
from deepbio.datasets.build.intervals import chromosome_split
from deepbio.datasets.build.noting import names_of, noted
from deepbio.datasets.dataset import Dataset
from deepbio.datasets.placing import Duplicates
from deepbio.datasets.splitting import FRACTIONS
from deepbio.datasets.targets import check_predicted
from deepbio.errors import DataError, nearest
from deepbio.files import check_exists
from deepbio.genome import GenomeWindows, Intervals, open_genome
from deepbio.optional import require
from deepbio.specs import Kind

_PLACE = re.compile(r"^(.+):(\d+)-(\d+)$")
_CHROMOSOME = ("chr", "chrom", "chromosome", "seqnames")
IN_MEMORY = 4 << 30  # bytes of float32 that a dense table may take


def from_anndata(
    data: Any,
    *,
    label: str | None = None,
    targets: Sequence[str] = (),
    features: Sequence[str] | None = None,
    layer: str | None = None,
    group: str | None = None,
    split: str | None = None,
    kind: Kind | None = None,
    labels: Sequence[str] | None = None,
    positive: str | None = None,
    fractions: Mapping[str, float] = FRACTIONS,
    seed: int = 0,
    duplicates: Duplicates = "group",
    name: str | None = None,
) -> Dataset:
    """Build a data set of cells (or samples): their values are the input, a column of `obs` is predicted.

    The values are taken as they are: say with `layer` which ones, and normalise before where a model should see that.

    Args:
        data: path of an `.h5ad` file, or an AnnData object (which no recipe can build again).
        label: column of `obs` with classes; or `targets`: columns of 0/1 labels or of values.
        features: names of `var` (genes) to learn from; None takes all.
        layer: of the values; None takes `X`.
        group: column of `obs` that no two splits may share, such as the donor or the batch.
        split: column of `obs` that says train, valid or test.
        kind, labels, positive: what is predicted; see `from_arrays`.
        fractions, seed, duplicates: of the splits; see `deepbio.datasets.placing.place_examples`.
        name: of the data set; None takes the file's.

    Raises:
        DataError: no such file, no AnnData, an unknown column, gene or layer, a cell without label, values that are not
            finite, or more than 4 GiB of them.
        OptionalDependencyError: anndata is not installed (extra `data`).

    Source: Virshup et al. 2024, doi:10.21105/joss.04371.
    """
    table, place = _open(data)
    targets = names_of(targets)
    check_predicted(label, targets)
    features = None if features is None else names_of(features)
    for use, column in [("label", label), ("group", group), ("split", split), *(("targets", one) for one in targets)]:
        _check_column(place, table.obs, column, use, "obs")
    genes = np.asarray(table.var_names).astype(str)
    chosen = _chosen(place, genes, features)
    x = _dense(place, _values(place, table, layer), chosen)
    columns = {use: _strings(place, table.obs, column) for use, column in (("group", group), ("split", split))}
    used = {"h5ad": os.fspath(data) if place else None, "label": label, "targets": targets, "features": features}
    used |= {"layer": layer, "group": group, "split": split, "kind": kind, "labels": labels, "positive": positive}
    used |= {"fractions": fractions, "duplicates": duplicates}
    try:
        return from_arrays(
            x,
            _strings(place, table.obs, label) if label is not None else table.obs[targets].to_numpy(dtype=np.float32),
            modality="table",
            kind=kind,
            labels=labels or (None if label else targets),
            positive=positive,
            ids=np.asarray(table.obs_names).astype(str),
            groups=columns["group"],
            split=columns["split"],
            features=genes[chosen].tolist(),
            fractions=fractions,
            seed=seed,
            duplicates=duplicates,
            name=name or (place.name.split(".")[0] if place else "anndata"),
            options=noted(used),
        )
    except (DataError, ValueError) as error:
        raise DataError(f"{place or 'AnnData'}: {error}") from error


def from_peaks(
    data: Any,
    genome: str | os.PathLike[str],
    *,
    length: int,
    layer: str | None = None,
    kind: Literal["regression", "counts", "multilabel"] = "regression",
    split: str | None = None,
    valid: Sequence[str] = (),
    test: Sequence[str] = (),
    fractions: Mapping[str, float] = FRACTIONS,
    seed: int = 0,
    duplicates: Duplicates = "group",
    name: str | None = None,
) -> Dataset:
    """Build a data set of regions of a genome: the window is the input, its value in each row of `obs` is predicted.

    `obs` are the outputs (cell types), `var` the regions, with columns `chr`, `start` and `end` (0-based, half open), or with
    names such as `chr1:100-600`. Splits are by chromosome.

    Args:
        data: path of an `.h5ad` file, or an AnnData object.
        genome: the FASTA.
        length: bases of a window around the middle of a region.
        layer: of the values; None takes `X`.
        kind: of the task.
        split: column of `var` that says train, valid or test.
        valid, test, fractions, seed, duplicates: see `from_bed`.
        name: of the data set; None takes the file's.

    Raises:
        DataError: as `from_anndata`, or a region that the genome does not have; a line is the number of the region.
    """
    table, place = _open(data)
    _check_column(place, table.var, split, "split", "var")
    where = place or Path("AnnData")
    intervals = _regions(where, table.var)
    windows = GenomeWindows(open_genome(genome), intervals, length=length)
    y = _dense(place, _values(place, table, layer), np.arange(table.n_vars)).T
    parts = (
        _strings(place, table.var, split)
        if split
        else chromosome_split(windows.genome, windows.chromosomes, valid, test)
    )
    used = {
        "h5ad": os.fspath(data) if place else None,
        "genome": genome,
        "length": length,
        "layer": layer,
        "kind": kind,
    }
    used |= {"split": split, "valid": valid, "test": test, "fractions": fractions, "duplicates": duplicates}
    places = zip(intervals.chromosomes, intervals.starts, intervals.ends, strict=True)
    return from_arrays(
        windows,
        np.ascontiguousarray(y),
        kind=kind,
        labels=np.asarray(table.obs_names).astype(str).tolist(),
        ids=[f"{chromosome}:{start}-{end}" for chromosome, start, end in places],
        groups=intervals.chromosomes if split is None else None,
        split=parts,
        fractions=fractions,
        seed=seed,
        duplicates=duplicates,
        name=name or (place.name.split(".")[0] if place else "anndata"),
        options=noted(used),
    )


def _open(data: Any) -> tuple[Any, Path | None]:
    anndata = require("anndata", extra="data", purpose="Reading AnnData")
    if isinstance(data, anndata.AnnData):
        return data, None
    place = check_exists(data)
    try:
        with warnings.catch_warnings():
            for old in (FutureWarning, PendingDeprecationWarning):  # of files that older versions wrote
                warnings.simplefilter("ignore", old)
            return anndata.read_h5ad(place), place
    except Exception as error:  # h5py and anndata raise many classes
        raise DataError(
            f"{place}: expected an AnnData file (.h5ad); it cannot be read ({str(error).splitlines()[0][:200]})."
        ) from error


def _values(place: Path | None, table: Any, layer: str | None) -> Any:
    if layer is not None and layer not in table.layers:
        raise DataError(f"{place or 'AnnData'}: there is no layer {layer!r}. {nearest(layer, table.layers.keys())}")
    values = table.X if layer is None else table.layers[layer]
    if values is None:
        raise DataError(f"{place or 'AnnData'}: X is empty. {nearest('', table.layers.keys())} Pass layer=NAME.")
    return values


def _dense(place: Path | None, values: Any, chosen: np.ndarray) -> np.ndarray:
    size = 4 * values.shape[0] * len(chosen)
    if size > IN_MEMORY:
        raise DataError(
            f"{place or 'AnnData'}: {values.shape[0]} x {len(chosen)} values take {size / 2**30:.1f} GiB; at most 4 are held. "
            "Choose genes with features=[...], such as the most variable ones."
        )
    part = values if len(chosen) == values.shape[1] else values[:, chosen]
    return np.asarray(part.toarray() if hasattr(part, "toarray") else part, dtype=np.float32)


def _chosen(place: Path | None, genes: np.ndarray, features: Sequence[str] | None) -> np.ndarray:
    if features is None:
        return np.arange(len(genes))
    number = {gene: i for i, gene in enumerate(genes.tolist())}
    for gene in features:
        if gene not in number:
            raise DataError(f"{place or 'AnnData'}: there is no gene {gene!r} in var. {nearest(gene, number)}")
    return np.array([number[gene] for gene in features])


def _check_column(place: Path | None, frame: Any, column: str | None, use: str, where: str) -> None:
    if column is not None and column not in frame.columns:
        raise DataError(
            f"{place or 'AnnData'}: {where} has no column {column!r} for {use}. {nearest(column, map(str, frame.columns))}"
        )


def _strings(place: Path | None, frame: Any, column: str | None) -> np.ndarray | None:
    if column is None:
        return None
    empty = frame[column].isna().to_numpy()
    if empty.any():
        row = int(empty.argmax())
        raise DataError(
            f"{place or 'AnnData'}, {frame.index[row]}, column {column!r}: the cell is empty. Fill or drop it."
        )
    return frame[column].astype(str).to_numpy(dtype=str)


def _regions(place: Path, frame: Any) -> Intervals:
    column = next((name for name in _CHROMOSOME if name in frame.columns), None)
    if column is not None and {"start", "end"} <= set(frame.columns):
        rows = list(zip(frame[column].astype(str), frame["start"].astype(int), frame["end"].astype(int), strict=True))
    else:
        rows = []
        for number, region in enumerate(frame.index.astype(str), start=1):
            found = _PLACE.match(region)
            if found is None:
                raise DataError(
                    f"{place}, region {number}: expected columns chr, start and end in var, or names such as chr1:100-600; "
                    f"found {region!r}."
                )
            rows.append((found[1], int(found[2]), int(found[3])))
    for number, (chromosome, start, end) in enumerate(rows, start=1):
        if start < 0 or end <= start:
            raise DataError(
                f"{place}, region {number}: the interval {chromosome}:{start}-{end} is negative or reversed."
            )
    chromosomes, starts, ends = (np.array(values) for values in zip(*rows, strict=True))
    n = len(rows)
    return Intervals(
        chromosomes, starts.astype(np.int64), ends.astype(np.int64), np.full(n, "."), np.asarray(frame.index).astype(str),
        np.full(n, np.nan), (starts + ends) // 2, np.arange(1, n + 1), place,
    )  # fmt: skip
