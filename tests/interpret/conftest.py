"""Small DNA models of every architecture of the registry, with weights away from their first values."""

import numpy as np
import pytest

from deepbio.zoo import get_model, list_models
from deepbio.zoo.registry import model_spec

_SMALL = {
    "basenji2": {
        "input_shape": 1024, "cropping": 1, "stem_filters": 8, "tower_filters": (8, 8, 8, 8, 8, 8), "dilated_filters": 4,
        "dilation_rate": (1, 2), "head_filters": 8,
    },
    "basset_factorized": {
        "input_shape": 120, "filters": (8, 12, 8), "kernel_size": (3, 7, 3), "pool_size": (1, 3, 4), "units": (16, 8),
    },
    "basset": {"input_shape": 300, "filters": (12, 66, 8), "units": (16, 8)},
    "bpnet": {"input_shape": 220, "filters": 8, "num_layers": 3},
    "borzoi": {
        "input_shape": 1024, "stem_filters": 8, "tower_filters": (8, 8), "transformer_filters": 8, "num_layers": 1, "num_heads": 2,
        "key_dim": 4, "value_dim": 4, "position_channels": 4, "cropping": 100, "head_filters": 8,
    },
    "chrombpnet": {"input_shape": 220, "filters": 8, "num_layers": 3, "bias_filters": 8, "bias_layers": 2},
    "danq": {"input_shape": 120, "filters": 8, "lstm_units": 4, "units": 6},
    "danq_jaspar": {"input_shape": 120, "filters": 8, "lstm_units": 4, "units": 6},
    "deepsea": {"input_shape": 200, "filters": (8, 8, 8), "units": 6},
    "deepstarr": {"filters": (16, 8, 8, 8), "units": (8, 8)},
    "dna_transformer": {"input_shape": 80, "embedding_dim": 16, "num_layers": 1, "num_heads": 2},
    "dream_rnn": {"input_shape": 60, "filters": 8, "units": 4, "head_filters": 4},
    "enformer": {
        "input_shape": 1024, "stem_filters": 8, "tower_filters": (8, 8, 8, 8), "num_layers": 1, "num_heads": 2, "key_dim": 4,
        "value_dim": 4, "position_channels": 6, "cropping": 10, "head_filters": 8,
    },
    "malinois": {"filters": (12, 10, 8), "units": (16,), "branch_units": (8, 8)},
    "nucleotide_transformer": {
        "input_shape": 63, "embedding_dim": 8, "num_layers": 1, "num_heads": 2, "mlp_units": 8,
    },
    "procapnet": {"input_shape": 220, "filters": 8, "num_layers": 3},
    "spliceai_10k": {"input_shape": 10_010, "filters": 4},
    "spliceai_2k": {"input_shape": 2_010, "filters": 4},
    "spliceai_400nt": {"input_shape": 420, "filters": 4},
    "spliceai_80nt": {"input_shape": 100, "filters": 4},
}  # fmt: skip
DNA_MODELS = [name for name in list_models(modality="dna") if set(model_spec(name).modality) == {"dna"}]


def small_model(name, **options):
    """Return a small model of an architecture with two outputs, whose weights are not those of its first moment."""
    chosen = {"input_shape": model_spec(name).reference["input_shape"], **_SMALL.get(name, {}), **options}
    model = get_model(name, outputs=chosen.pop("outputs", 2), seed=1, **chosen)
    random = np.random.Generator(np.random.Philox(1))
    for weights in model.weights:
        noise = random.normal(0, 0.05, weights.shape).astype(np.float32)
        weights.assign(weights.numpy() + (np.abs(noise) if "variance" in weights.path else noise))
    return model


@pytest.fixture(scope="session", name="small_model")
def _small_model():
    return small_model


# one of each kind of layer in every run of the tests, all of them in the slow ones
_QUICK = ("basset", "danq", "deepbind", "mmsplice_exon")


def pytest_generate_tests(metafunc):
    """Run a test that takes `dna_model` once for each architecture of DNA."""
    if "dna_model" in metafunc.fixturenames:
        marked = [pytest.param(name, marks=[] if name in _QUICK else [pytest.mark.slow]) for name in DNA_MODELS]
        metafunc.parametrize("dna_model", marked)
