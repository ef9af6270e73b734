"""A `Dataset` from AnnData: cells by their expression, or regions of a genome by their value in each cell type."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from deepbio.datasets.build.builder import builder
from deepbio.datasets.build.intervals import chromosome_split, place_names
from deepbio.datasets.options import Names, names_of
from deepbio.datasets.readers.anndata import anndata_values, cells_of, dense_columns, open_anndata
from deepbio.datasets.readers.fasta import SameNames
from deepbio.datasets.splitting import FRACTIONS, Duplicates
from deepbio.errors import DataError, nearest
from deepbio.files import FilePath
from deepbio.genome import GenomeWindows, Intervals, open_genome
from deepbio.specs import Kind

_PLACE = re.compile(r"^(.+):(\d+)-(\d+)$")
_CHROMOSOME = ("chr", "chrom", "chromosome", "seqnames")


@builder("h5ad")
def from_anndata(
    data: Any,
    *,
    label: str | None = None,
    targets: Names = (),
    features: Names | None = None,
    layer: str | None = None,
    obsm: str | None = None,
    same_names: SameNames = "error",
    group: str | None = None,
    split: str | None = None,
    kind: Kind | None = None,
    labels: Sequence[str] | None = None,
    positive: str | None = None,
    fractions: Mapping[str, float] = FRACTIONS,
    seed: int = 0,
    duplicates: Duplicates = "group",
    name: str | None = None,
) -> dict[str, Any]:
    """Build a data set of cells (or samples): their values are the input, a column of `obs` is predicted.

    The values are used as they are. Choose them with `layer`, and normalise them first if the model needs it.

    Args:
        data: Path of an `.h5ad` file, or an AnnData object (from which no recipe can rebuild the data set).
        label: Column of `obs` with classes; or `targets`: columns of 0/1 labels or of numbers.
        targets: Columns to predict, if not `label`.
        features: Names of `var` (genes) to learn from; None takes all.
        layer: Layer of the values; None takes `X`; `"raw"` takes `.raw` with its genes.
        obsm: Embedding in `obsm` to learn from instead of genes, such as `"X_pca"`.
        same_names: `"error"` refuses a gene that occurs twice in `var`; `"number"` names the second one `gene#2`.
        group: Column of `obs` with the group, such as the donor or the batch. No group is in two splits.
        split: Column of `obs` that contains train, valid or test.
        kind, labels, positive: Task to learn; see `deepbio.datasets.build.from_arrays`.
        fractions, seed, duplicates: Options of the splits; see `deepbio.datasets.splitting.split_examples`.
        name: Name of the data set; None uses the file's.

    Raises:
        DataError: no such file, no AnnData, an unknown column, gene or layer, a cell without label, values that are not
            finite, or more than 4 GiB of them.
        OptionalDependencyError: anndata is not installed (extra `data`).

    Source: Virshup et al. 2024, doi:10.21105/joss.04371.
    """
    table, where, default = open_anndata(data)
    predicted = names_of(targets)
    for use, column in [("label", label), ("group", group), ("split", split), *(("targets", one) for one in predicted)]:
        _check_column(where, table.obs, column, use, "obs")
    wanted = None if features is None else names_of(features)
    cells = cells_of(where, table, wanted, layer, obsm, same_names)
    try:
        y = table.obs[predicted].to_numpy(dtype=np.float32) if label is None else _strings(where, table.obs, label)
    except ValueError as error:
        raise DataError(f"{where}: {error}") from error
    return {
        "x": cells.x,
        "y": y,
        "modality": "table",
        "labels": labels or (_order(table.obs[label]) if label else predicted),
        "ids": cells.ids,
        "groups": _strings(where, table.obs, group),
        "split": _strings(where, table.obs, split),
        "features": cells.features,
        "name": name or default,
    }


@builder("h5ad")
def from_peaks(
    data: Any,
    genome: FilePath,
    *,
    length: int,
    layer: str | None = None,
    kind: Literal["regression", "counts", "multilabel"] = "regression",
    split: str | None = None,
    valid: Names = (),
    test: Names = (),
    fractions: Mapping[str, float] = FRACTIONS,
    seed: int = 0,
    duplicates: Duplicates = "group",
    name: str | None = None,
) -> dict[str, Any]:
    """Build a data set of regions of a genome: the window is the input, its value in each row of `obs` is predicted.

    `obs` are the outputs (cell types), `var` the regions, with columns `chr`, `start` and `end` (0-based, half open), or with
    names such as `chr1:100-600`. Splits are by chromosome.

    Args:
        data: Path of an `.h5ad` file, or an AnnData object.
        genome: Path of the FASTA.
        length: Number of bases of a window around the middle of a region.
        layer: Layer of the values; None takes `X`.
        kind: Kind of the task.
        split: Column of `var` that contains train, valid or test.
        valid, test, fractions, seed, duplicates: See `deepbio.datasets.build.from_bed`.
        name: Name of the data set; None uses the file's.

    Raises:
        DataError: as `from_anndata`, or a region outside the genome; a line is the number of the region.
    """
    table, where, default = open_anndata(data)
    _check_column(where, table.var, split, "split", "var")
    intervals = _regions(where, table.var)
    values, regions = anndata_values(where, table, layer)
    if len(regions) != table.n_vars:
        raise DataError(f"{where}: .raw has {len(regions)} regions and var {table.n_vars}. Choose a layer: layer=NAME.")
    windows = GenomeWindows(open_genome(genome), intervals, length=length)
    published = _strings(where, table.var, split)
    return {
        "x": windows,
        "y": np.ascontiguousarray(dense_columns(where, values, np.arange(table.n_vars)).T),
        "labels": np.asarray(table.obs_names).astype(str).tolist(),
        "ids": place_names(intervals),
        "groups": intervals.chromosomes if split is None else None,
        "split": chromosome_split(windows.genome, windows.chromosomes, valid, test) if split is None else published,
        "name": name or default,
    }


def _check_column(where: str, frame: Any, column: str | None, use: str, axis: str) -> None:
    if column is not None and column not in frame.columns:
        advice = nearest(column, map(str, frame.columns))
        raise DataError(f"{where}: {axis} has no column {column!r} for {use}. {advice}")


def _strings(where: str, frame: Any, column: str | None) -> np.ndarray | None:
    if column is None:
        return None
    empty = frame[column].isna().to_numpy()
    if empty.any():
        row = frame.index[int(empty.argmax())]
        raise DataError(f"{where}, {row}, column {column!r}: the cell is empty. Fill or drop it.")
    return frame[column].astype(str).to_numpy(dtype=str)


def _order(column: Any) -> list[str] | None:
    """Return the classes of an ordered categorical column that occur, in its order; None for other columns."""
    if not getattr(column.dtype, "ordered", False):
        return None
    found = set(column)
    return [str(category) for category in column.cat.categories if category in found]


def _regions(where: str, frame: Any) -> Intervals:
    column = next((name for name in _CHROMOSOME if name in frame.columns), None)
    if column is not None and {"start", "end"} <= set(frame.columns):
        places = list(zip(frame[column].astype(str), frame["start"].astype(int), frame["end"].astype(int), strict=True))
    else:
        places = []
        for number, region in enumerate(frame.index.astype(str), start=1):
            found = _PLACE.match(region)
            if found is None:
                raise DataError(
                    f"{where}, region {number}: expected columns chr, start and end in var, or names such as chr1:100-600; "
                    f"found {region!r}."
                )
            places.append((found[1], int(found[2]), int(found[3])))
    for number, (chromosome, start, end) in enumerate(places, start=1):
        if start < 0 or end <= start:
            raise DataError(
                f"{where}, region {number}: the interval {chromosome}:{start}-{end} is negative or reversed."
            )
    named = enumerate(zip(places, map(str, frame.index), strict=True), start=1)
    rows = [(*place, ".", name, np.nan, (place[1] + place[2]) // 2, number) for number, (place, name) in named]
    return Intervals.from_rows(Path(where), rows)
