"""Descriptions of networks: which ones can be followed position by position."""

import keras
import pytest

from deepbio.errors import ModelError
from deepbio.incremental.network import read_network


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (lambda x: keras.layers.MaxPooling1D(2, padding="same")(x), "MaxPooling1D"),
        (lambda x: keras.layers.Bidirectional(keras.layers.LSTM(2, return_sequences=True))(x), "Bidirectional"),
        (lambda x: keras.layers.Conv1D(2, 3, padding="same")(x), "see beyond its window"),
    ],
)
def test_a_network_that_cannot_be_followed_is_refused(layer, message):
    inputs = keras.Input((50, 4))
    with pytest.raises(ModelError, match=message):
        read_network(keras.Model(inputs, layer(inputs)))
