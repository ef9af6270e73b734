"""AnnData: the values of cells (rows) for genes (columns), from X, a layer, `.raw` or an embedding in `obsm`."""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from deepbio.datasets.readers.fasta import SameNames
from deepbio.errors import DataError, nearest
from deepbio.files import check_exists
from deepbio.hdf5 import read_every_value
from deepbio.isolated import isolated
from deepbio.optional import require

IN_MEMORY = 4 << 30  # bytes of float32 that a dense table may take
_SOUND: set[tuple[str, int, int, int]] = set()  # versions of files that a child process has read


class Cells(NamedTuple):
    """Values float32 `(n, features)` of cells, their names, and the names of the features."""

    x: np.ndarray
    ids: np.ndarray
    features: list[str]


def open_anndata(data: Any) -> tuple[Any, str, str]:
    """Return the AnnData object, its file for error messages, and the name of a data set from it.

    Args:
        data: Path of an `.h5ad` file, or an AnnData object, in memory or backed.

    Raises:
        DataError: there is no such file, or it is no AnnData.
        OptionalDependencyError: anndata is not installed (extra `data`).
    """
    anndata = require("anndata", extra="data", purpose="Reading AnnData")
    if isinstance(data, anndata.AnnData):
        return data, "AnnData", "anndata"
    file = check_exists(data)
    _check_sound(file)
    return _read(file), str(file), file.name.split(".")[0]


def _check_sound(file: Path) -> None:
    """Read a file in a child process, once for each version of it that this process opens."""
    facts = file.stat()
    version = (str(file.resolve()), facts.st_ino, facts.st_size, facts.st_mtime_ns)
    if version in _SOUND:
        return
    try:
        isolated(read_every_value, file, imports=["h5py"])
    except DataError as error:
        raise DataError(str(error).replace("an HDF5 file", "an AnnData file (.h5ad)")) from error
    _SOUND.add(version)


def _read(file: Path) -> Any:
    import anndata

    try:
        with warnings.catch_warnings():
            for old in (FutureWarning, PendingDeprecationWarning):  # of files that older versions wrote
                warnings.simplefilter("ignore", old)
            # names that occur twice are refused or numbered below
            warnings.filterwarnings("ignore", message="Variable names are not unique")
            return anndata.read_h5ad(file)
    except Exception as error:  # h5py and anndata raise many classes
        reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
        raise DataError(f"{file}: expected an AnnData file (.h5ad); it cannot be read ({reason}).") from error


def read_cells(
    data: Any,
    *,
    features: Sequence[str] | None = None,
    layer: str | None = None,
    obsm: str | None = None,
    same_names: SameNames = "error",
) -> Cells:
    """Read the values of cells as a dense table.

    Args:
        data: Path of an `.h5ad` file, or an AnnData object, in memory or backed.
        features: Names of genes (or of columns of `obsm`), in the order of the result; None takes all.
        layer: Layer of the values; None takes `X`; `"raw"` takes `.raw`, with its own genes, if no layer has this name.
        obsm: Embedding in `obsm` to read instead of genes, such as `"X_pca"`; its columns are named `X_pca1`, `X_pca2`, ...
        same_names: `"error"` refuses a gene that occurs twice in `var`; `"number"` names the second one `gene#2`.

    Raises:
        DataError: an unknown or ambiguous gene, layer or embedding, or more than 4 GiB of values.

    Source: Virshup et al. 2024, doi:10.21105/joss.04371.
    """
    table, where, _ = open_anndata(data)
    return cells_of(where, table, features, layer, obsm, same_names)


def cells_of(
    where: str,
    table: Any,
    features: Sequence[str] | None,
    layer: str | None,
    obsm: str | None,
    same_names: SameNames,
) -> Cells:
    """Return the values of an open AnnData object; `where` is its name in messages, other arguments as in `read_cells`."""
    if obsm is not None and layer is not None:
        raise DataError(f"{where}: expected layer or obsm; received both, {layer!r} and {obsm!r}.")
    values, names = anndata_values(where, table, layer) if obsm is None else _embedding(where, table, obsm)
    if features is not None and not len(features):
        raise DataError(f"{where}: features names no gene. Name some, or leave it out to take all.")
    names = _unique(where, names, features, same_names)
    chosen = _chosen(where, names, features)
    x = dense_columns(where, values, chosen)
    return Cells(x, np.asarray(table.obs_names).astype(str), [names[i] for i in chosen.tolist()])


def anndata_values(where: str, table: Any, layer: str | None) -> tuple[Any, list[str]]:
    """Return X, a layer or `.raw` of an AnnData object, and the names of its columns.

    Raises:
        DataError: there is no such layer, no `.raw`, or no X.
    """
    names = np.asarray(table.var_names).astype(str).tolist()
    if layer == "raw" and layer not in table.layers:
        if table.raw is None:
            raise DataError(f"{where}: there is no layer 'raw' and no .raw. {nearest('raw', table.layers.keys())}")
        return table.raw.X, np.asarray(table.raw.var_names).astype(str).tolist()
    if layer is not None and layer not in table.layers:
        raise DataError(f"{where}: there is no layer {layer!r}. {nearest(layer, table.layers.keys())}")
    try:
        values = table.X if layer is None else table.layers[layer]
    except KeyError:  # of a backed file without X
        values = None
    if values is None:
        raise DataError(f"{where}: X is empty. {nearest('', table.layers.keys())} Pass layer=NAME (--data layer=NAME).")
    return values, names


def dense_columns(where: str, values: Any, chosen: np.ndarray) -> np.ndarray:
    """Return some columns of dense, sparse or backed values as float32 `(n, len(chosen))`, in the order of `chosen`.

    Raises:
        DataError: they take more than 4 GiB, or are no numbers.
    """
    size = 4 * values.shape[0] * len(chosen)
    if size > IN_MEMORY:
        raise DataError(
            f"{where}: {values.shape[0]} x {len(chosen)} values take {size / 2**30:.1f} GiB; the limit is 4. Choose genes with "
            "features=[...] (on the command line --data features=[...]), such as the most variable ones."
        )
    distinct, place = np.unique(chosen, return_inverse=True)  # a file on disk is read in increasing order only
    part = values[:] if len(distinct) == values.shape[1] else values[:, distinct]
    part = part.to_memory() if hasattr(part, "to_memory") else part
    part = np.asarray(part.toarray() if hasattr(part, "toarray") else part)
    if part.dtype.kind not in "iubf":
        raise DataError(f"{where}: expected numbers; the values are {part.dtype}.")
    in_order = len(place) == len(distinct) and (np.diff(place) > 0).all()
    return np.ascontiguousarray(part if in_order else part[:, place], dtype=np.float32)


def _embedding(where: str, table: Any, obsm: str) -> tuple[Any, list[str]]:
    if obsm not in table.obsm:
        raise DataError(f"{where}: there is no embedding {obsm!r} in obsm. {nearest(obsm, table.obsm.keys())}")
    values = table.obsm[obsm]
    if hasattr(values, "columns"):  # a pandas frame
        return values.to_numpy(), [str(name) for name in values.columns]
    if values.ndim != 2:
        raise DataError(f"{where}: expected a table in obsm[{obsm!r}]; its shape is {values.shape}.")
    return values, [f"{obsm}{i + 1}" for i in range(values.shape[1])]


def _unique(where: str, names: list[str], features: Sequence[str] | None, same_names: str) -> list[str]:
    """Return the names, numbered if asked; refuse names that occur twice if they are used."""
    if same_names not in ("error", "number"):
        raise DataError(f"same_names is 'error' or 'number'; received {same_names!r}.")
    times: dict[str, int] = {}
    numbered = []
    for name in names:
        times[name] = times.get(name, 0) + 1
        numbered.append(name if times[name] == 1 else f"{name}#{times[name]}")
    if same_names == "number":
        return numbered
    twice = [name for name in (times if features is None else features) if times.get(name, 0) > 1]
    if twice:
        raise DataError(
            f"{where}: {len(twice)} name(s) occur several times in var, for example {', '.join(twice[:3])}. Make them unique "
            "(adata.var_names_make_unique()), or pass same_names='number' to number them (on the command line "
            "--data same_names=number)."
        )
    return names


def _chosen(where: str, names: list[str], features: Sequence[str] | None) -> np.ndarray:
    if features is None:
        return np.arange(len(names))
    number = {name: i for i, name in reversed(list(enumerate(names)))}
    for i, name in enumerate(features):
        if name not in number:
            raise DataError(f"{where}: there is no gene {name!r} in var. {nearest(name, number)}")
        if name in features[:i]:
            raise DataError(f"{where}: the features name {name!r} twice.")
    return np.array([number[name] for name in features], dtype=np.int64)
