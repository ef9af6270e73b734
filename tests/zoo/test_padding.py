"""Padding never changes what a text model says."""

import numpy as np
import pytest

from deepbio.zoo import get_model, list_models, model_spec


@pytest.mark.parametrize("name", list_models(modality="text"))
def test_more_padding_gives_the_same_logits(name):
    ids = np.random.Generator(np.random.Philox(0)).integers(1, 50, (4, 20)).astype(np.int32)
    reference = {**model_spec(name).reference, "vocabulary_size": 50, "outputs": 3}
    outputs = []
    for length in (20, 33):
        model = get_model(name, **{**reference, "input_shape": (length,)}, seed=0)
        padded = np.zeros((4, length), np.int32)
        padded[:, :20] = ids
        outputs.append(model.predict_on_batch(padded))
    np.testing.assert_allclose(outputs[0], outputs[1], atol=1e-5)


@pytest.mark.parametrize("name", list_models(modality="text"))
def test_an_empty_note_gets_a_finite_answer(name):
    model = get_model(name, input_shape=(16,), outputs=3, vocabulary_size=50, seed=0)
    assert np.isfinite(model.predict_on_batch(np.zeros((2, 16), np.int32))).all()
