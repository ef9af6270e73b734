"""A network for splice sites, trained for seconds."""

import pytest

from deepbio.datasets import load_dataset
from deepbio.training import fit
from deepbio.zoo import get_model


@pytest.fixture(scope="session")
def splice():
    return load_dataset("uci_splice")


@pytest.fixture(scope="session")
def splice_model(splice):
    """An uncalibrated model."""
    model = get_model("mlp", dataset=splice, seed=0)
    fit(model, splice, epochs=3, verbose=False)
    return model


@pytest.fixture(scope="session")
def breast_cancer():
    return load_dataset("breast_cancer")


@pytest.fixture(scope="session")
def breast_cancer_model(breast_cancer):
    """An uncalibrated model of two classes."""
    model = get_model("logistic", dataset=breast_cancer, seed=0)
    fit(model, breast_cancer, epochs=3, verbose=False)
    return model
