"""AnnData: cells by expression, regions by cell type; the same file and options give the same splits."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from deepbio.datasets import Dataset, rebuild
from deepbio.errors import DataError

anndata = pytest.importorskip("anndata", reason="needs the extra 'data'")


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("DEEPBIO_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def cells(tmp_path):
    draw = np.random.default_rng(0)
    counts = draw.poisson(1.0, (60, 5)).astype(np.float32)
    obs = pd.DataFrame(
        {"type": pd.Categorical(["B", "T"] * 30), "donor": [f"d{i // 3}" for i in range(60)], "age": np.arange(60.0)},
        index=[f"cell{i}" for i in range(60)],
    )
    table = anndata.AnnData(sparse.csr_matrix(counts), obs=obs, var=pd.DataFrame(index=[f"g{i}" for i in range(5)]))
    table.layers["log"] = np.log1p(counts)
    table.write_h5ad(tmp_path / "cells.h5ad")
    return tmp_path / "cells.h5ad"


def test_cells_are_rows_and_genes_columns(cells):
    data = Dataset.from_anndata(cells, label="type", group="donor", positive="T", layer="log")
    assert data.labels == ("B", "T")
    assert data.input.features == ("g0", "g1", "g2", "g3", "g4")
    table = anndata.read_h5ad(cells)
    for _, split in data.splits():
        rows = table[split.ids.tolist()]
        assert (split.x == rows.layers["log"]).all()
        assert (np.asarray(split.y) == (rows.obs["type"] == "T")).all()
    assert not {*data.train.groups} & {*data.test.groups}
    assert rebuild(data.name, data.options).fingerprint() == data.fingerprint()


def test_genes_and_targets_are_chosen(cells):
    data = Dataset.from_anndata(cells, targets=["age"], features=["g3", "g1"])
    assert (data.task.kind, data.input.features) == ("regression", ("g3", "g1"))
    x = anndata.read_h5ad(cells).X.toarray()
    whole = {id: row for _, split in data.splits() for id, row in zip(split.ids, split.x, strict=True)}
    assert (whole["cell7"] == x[7, [3, 1]]).all()
    assert rebuild(data.name, data.options).fingerprint() == data.fingerprint()


def test_an_object_in_memory_is_taken(cells):
    data = Dataset.from_anndata(anndata.read_h5ad(cells), label="type")
    assert sum(len(split) for _, split in data.splits()) == 60
    assert "h5ad" not in data.options


BAD = {
    "column": ({"label": "kind"}, "obs has no column 'kind' for label"),
    "layer": ({"label": "type", "layer": "raw"}, "no layer 'raw'"),
    "gene": ({"label": "type", "features": ["g9"]}, "no gene 'g9' in var"),
    "nothing": ({}, "Name what to predict"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_not_there_is_named(cells, case):
    options, message = BAD[case]
    with pytest.raises(DataError, match=message):
        Dataset.from_anndata(cells, **options)


def test_a_cell_without_label_and_damage_are_named(cells, tmp_path):
    table = anndata.read_h5ad(cells)
    table.obs.loc["cell4", "type"] = None
    with pytest.raises(DataError, match="cell4, column 'type': the cell is empty"):
        Dataset.from_anndata(table, label="type")
    (tmp_path / "short.h5ad").write_bytes(cells.read_bytes()[:3000])
    with pytest.raises(DataError, match=r"short\.h5ad: expected an AnnData file"):
        Dataset.from_anndata(tmp_path / "short.h5ad", label="type")


@pytest.mark.parametrize("named", ["columns", "names"])
def test_regions_are_windows_with_a_value_for_each_cell_type(tmp_path, named):
    draw = np.random.default_rng(0)
    letters = {f"chr{i}": "".join(draw.choice(list("ACGT"), 500)) for i in range(1, 5)}
    (tmp_path / "g.fa").write_text("".join(f">{name}\n{s}\n" for name, s in letters.items()))
    places = [(name, start, start + 40) for name in letters for start in range(0, 440, 44)]
    var = pd.DataFrame(places, columns=["chr", "start", "end"], index=[f"{c}:{a}-{b}" for c, a, b in places])
    values = draw.random((3, len(places))).astype(np.float32)
    table = anndata.AnnData(
        values, obs=pd.DataFrame(index=["B", "T", "NK"]), var=var if named == "columns" else var[[]]
    )
    table.write_h5ad(tmp_path / "peaks.h5ad")
    options = {"genome": tmp_path / "g.fa", "length": 20, "valid": ["chr3"], "test": ["chr4"]}
    data = Dataset.from_anndata(tmp_path / "peaks.h5ad", **options)
    assert (data.task.kind, data.labels) == ("regression", ("B", "T", "NK"))
    from deepbio.sequence import decode

    for id, row, y in zip(data.test.ids, data.test.x[np.arange(10)], data.test.y, strict=True):
        name, _, rest = id.partition(":")
        middle = (int(rest.split("-")[0]) + int(rest.split("-")[1])) // 2
        assert decode(row) == letters[name][middle - 10 : middle + 10]
        assert (y == values[:, var.index.get_loc(id)]).all()
    assert rebuild(data.name, data.options).fingerprint() == data.fingerprint()
    wrong = table[:, :1].copy()
    wrong.var_names = ["peak1"]
    wrong.var = wrong.var[[]]
    with pytest.raises(DataError, match="region 1: expected columns chr, start and end"):
        Dataset.from_anndata(wrong, **options)


def test_features_come_in_the_order_in_which_they_are_named(cells):
    table = anndata.read_h5ad(cells)
    names = ["g4", "g3", "g2", "g1", "g0"]  # as many as there are genes
    for source in (cells, table, anndata.read_h5ad(cells, backed="r")):
        data = Dataset.from_anndata(source, label="type", features=names)
        expected = table[data.test.ids.tolist(), names].X.toarray()
        assert (data.test.x == expected).all()


@pytest.mark.parametrize("layer", [None, "log", "raw"])
def test_a_backed_file_is_read_as_in_memory(cells, layer):
    table = anndata.read_h5ad(cells)
    table.raw = table
    table.write_h5ad(cells)
    options = {"label": "type", "layer": layer, "features": ["g3", "g1"]}
    backed = Dataset.from_anndata(anndata.read_h5ad(cells, backed="r"), **options)
    assert backed.fingerprint() == Dataset.from_anndata(cells, **options).fingerprint()


def test_raw_has_its_own_genes(cells):
    table = anndata.read_h5ad(cells)
    whole, table = table, table[:, ["g2"]].copy()
    table.raw = whole
    data = Dataset.from_anndata(table, label="type", layer="raw", features=["g4"])
    assert (data.test.x == whole[data.test.ids.tolist(), ["g4"]].X.toarray()).all()


def test_an_embedding_replaces_the_genes(cells):
    table = anndata.read_h5ad(cells)
    table.obsm["X_pca"] = np.arange(120.0).reshape(60, 2)
    table.obsm["named"] = pd.DataFrame({"a": np.arange(60.0), "b": 1.0}, index=table.obs_names)
    data = Dataset.from_anndata(table, label="type", obsm="X_pca")
    assert data.input.features == ("X_pca1", "X_pca2")
    assert (data.test.x == table[data.test.ids.tolist()].obsm["X_pca"]).all()
    assert Dataset.from_anndata(table, label="type", obsm="named", features=["a"]).input.features == ("a",)
    with pytest.raises(DataError, match=r"no embedding 'X_umap' in obsm.*X_pca"):
        Dataset.from_anndata(table, label="type", obsm="X_umap")
    with pytest.raises(DataError, match="expected layer or obsm"):
        Dataset.from_anndata(table, label="type", obsm="X_pca", layer="log")


def test_a_gene_that_occurs_twice_is_refused_or_numbered(cells):
    table = anndata.read_h5ad(cells)
    table.var_names = ["g0", "g1", "g1", "g3", "g4"]
    assert Dataset.from_anndata(table, label="type", features=["g3"]).input.features == ("g3",)
    for features in (None, ["g0", "g1"]):
        with pytest.raises(DataError, match=r"occur several times in var, for example g1\..*same_names='number'"):
            Dataset.from_anndata(table, label="type", features=features)
    data = Dataset.from_anndata(table, label="type", features=["g1#2", "g1"], same_names="number")
    assert (data.test.x == table[data.test.ids.tolist()].X.toarray()[:, [2, 1]]).all()
    with pytest.raises(DataError, match="the features name 'g3' twice"):
        Dataset.from_anndata(table, label="type", features=["g3", "g3"])


def test_an_ordered_category_keeps_its_order(cells):
    table = anndata.read_h5ad(cells)
    stages = pd.Categorical(["late", "early", "middle"] * 20, ["early", "middle", "late", "never"], ordered=True)
    table.obs["stage"] = stages
    assert Dataset.from_anndata(table, label="stage").labels == ("early", "middle", "late")


@pytest.mark.parametrize("write", ["text", "numbers"])
def test_clusters_are_in_the_order_of_numbers(cells, write):
    # scanpy names the clusters of Leiden "0", "1", ..., "11"; seen: 0 1 10 11 2
    table = anndata.read_h5ad(cells)
    clusters = [i // 5 for i in range(60)]
    table.obs["leiden"] = clusters if write == "numbers" else pd.Categorical(map(str, clusters))
    assert Dataset.from_anndata(table, label="leiden").labels == tuple(map(str, range(12)))


def test_a_file_without_values_is_refused_in_memory_and_backed(tmp_path):
    empty = anndata.AnnData(obs={"ct": ["a", "b"] * 10}, var={"gene": ["g1", "g2"]})
    empty.write_h5ad(tmp_path / "empty.h5ad")
    for source in (empty, tmp_path / "empty.h5ad", anndata.read_h5ad(tmp_path / "empty.h5ad", backed="r")):
        with pytest.raises(DataError, match="X is empty.*Pass layer=NAME"):
            Dataset.from_anndata(source, label="ct")


def test_no_gene_is_no_choice_of_genes(cells):
    with pytest.raises(DataError, match="features names no gene"):
        Dataset.from_anndata(cells, label="type", features=[])
