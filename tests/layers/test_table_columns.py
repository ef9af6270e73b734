"""The columns of a table inside a model: as scikit-learn's transformers fitted on the training rows, and as the host computes them."""

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import deepbio
from deepbio.datasets import Dataset
from deepbio.datasets.columns import design_matrix
from deepbio.errors import DataError
from deepbio.zoo import get_model


@pytest.fixture
def visits(tmp_path):
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(
        {"age": rng.normal(60, 10, 120), "chol": rng.normal(200, 30, 120), "sex": rng.choice(["f", "m"], 120)}
    )
    frame["cp"], frame["pain"] = rng.integers(1, 5, 120), rng.choice(["none", "typical", "other"], 120)
    frame.loc[rng.random(120) < 0.2, "chol"] = np.nan
    frame.loc[rng.random(120) < 0.2, "pain"] = None
    frame["dx"] = np.where(frame.age > 60, "ill", "well")
    frame.to_csv(tmp_path / "visits.csv", index=False)
    return tmp_path / "visits.csv"


def test_columns_are_those_of_scikit_learn(visits):
    data = Dataset.from_csv(visits, label="dx", categories=["cp"], features=["age", "chol", "sex", "cp"])
    frame = pd.read_csv(visits)
    rows = {part: frame.iloc[[int(i) - 1 for i in split.ids]] for part, split in data.splits()}
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    theirs = make_column_transformer((numbers, ["age", "chol"]), (OneHotEncoder(sparse_output=False), ["sex", "cp"]))
    theirs.fit(rows["train"])
    ours = get_model("logistic", dataset=data).get_layer("columns")
    for part, split in data.splits():
        found = np.asarray(ours(split.x[:]))
        assert found[:, :-1] == pytest.approx(theirs.transform(rows[part]), abs=1e-5)
        assert found[:, -1].tolist() == rows[part].chol.isna().astype(float).tolist()
        assert found == pytest.approx(design_matrix(data.input, split.x), abs=1e-5)


def test_new_tables_pass_through_the_columns_of_the_preset(visits, tmp_path):
    data = Dataset.from_csv(visits, label="dx", categories=["cp"])
    model = get_model("mlp", dataset=data, seed=0)
    deepbio.fit(model, data, epochs=1, out=tmp_path / "run", verbose=False)
    expected = deepbio.predict(model, data.test)
    new = pd.read_csv(visits).iloc[[int(i) - 1 for i in data.test.ids]]
    new.sample(frac=1, axis=1, random_state=0).to_csv(tmp_path / "new.csv", index=False)
    loaded = get_model(tmp_path / "run")
    assert deepbio.predict(loaded, tmp_path / "new.csv") == pytest.approx(expected, abs=1e-6)
    assert deepbio.predict(loaded, new) == pytest.approx(expected, abs=1e-6)
    for column, value, message in (
        ("age", np.nan, "column 'age': the cell is empty. The training data had no empty cell"),
        ("sex", "F", "column 'sex': the cell differs from the category 'f' in spelling only"),
        ("age", "old", "column 'age'"),
    ):
        new.assign(**{column: value}).to_csv(tmp_path / "bad.csv", index=False)
        with pytest.raises(DataError, match=message):
            deepbio.predict(loaded, tmp_path / "bad.csv")


def test_a_category_that_training_lacks_is_none_of_the_known_ones(visits, tmp_path, caplog):
    data = Dataset.from_csv(visits, label="dx")
    model = get_model("logistic", dataset=data, seed=0)
    pd.read_csv(visits).head(5).assign(sex="x").to_csv(tmp_path / "new.csv", index=False)
    assert np.isfinite(deepbio.predict(model, tmp_path / "new.csv")).all()
    assert "5 cell(s), the first in row 1, have none of the 2 known categories" in caplog.text


def test_complete_tables_of_numbers_are_standardised_as_before(visits):
    data = Dataset.from_csv(visits, label="dx", features=["age"])
    assert data.input.to_dict().keys() == {"modality", "shape", "features", "mean", "std"}
    assert isinstance(get_model("mlp", dataset=data).get_layer("standardise"), keras.layers.Normalization)
