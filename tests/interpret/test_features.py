"""Feature maps of image models."""

import numpy as np
import pytest

from deepbio.errors import ModelError
from deepbio.interpret import features_of, list_features
from deepbio.zoo import get_model


def test_features_are_listed_from_the_largest_map_to_the_smallest():
    model = get_model("resnet18", input_shape=(64, 64, 3), outputs=2)
    maps = list_features(model)
    assert maps[-1].name == "features"
    assert maps[-1].shape == (2, 2, 512)
    assert [found.reduction for found in maps] == sorted(found.reduction for found in maps)
    cut = features_of(model)
    assert cut.output_shape == (None, 2, 2, 512)
    with pytest.raises(ModelError, match="has no feature map 'feature'"):
        features_of(model, "feature")
    with pytest.raises(ModelError, match="has no feature maps"):
        features_of(get_model("mlp", input_shape=5, outputs=1))


def test_features_go_through_resizing_and_the_adapter():
    name = "keras_applications.mobilenet_v3_small"
    model = get_model(name, input_shape=(40, 40, 1), outputs=2, network_input=(64, 64, 1))
    x = np.random.default_rng(0).integers(0, 256, (1, 40, 40, 1), np.uint8)
    assert features_of(model).predict_on_batch(x).shape == (1, *list_features(model)[-1].shape)
