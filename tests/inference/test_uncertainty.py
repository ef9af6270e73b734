import keras
import numpy as np
import pytest

from deepbio.errors import ModelError
from deepbio.inference import predict
from deepbio.specs import ModelInput, Task
from deepbio.zoo import get_model
from deepbio.zoo.record import ModelRecord, attach


def test_dropout_passes_differ_repeat_by_seed_and_leave_the_model_as_it_was(splice):
    model = get_model("dna_cnn", dataset=splice, seed=0)
    few = splice.test.take(range(20))
    plain = predict(model, few)
    one = predict(model, few, uncertainty="dropout", samples=4, seed=1)
    assert one.predictions.shape == (4, 20, 3)
    assert (one.std > 0).any()
    assert len(np.unique(one.predictions.round(12), axis=0)) == 4
    same = predict(model, few, uncertainty="dropout", samples=4, seed=1)
    np.testing.assert_array_equal(one.predictions, same.predictions)
    other = predict(model, few, uncertainty="dropout", samples=4, seed=2)
    assert not np.array_equal(one.predictions, other.predictions)
    np.testing.assert_array_equal(predict(model, few), plain)
    assert (one.disagreement >= 0).all()
    assert (one.entropy <= np.log(3) + 1e-9).all()


def test_batch_norm_stays_as_in_inference_when_dropout_is_on():
    inputs = keras.Input((4,))
    x = keras.layers.Dropout(1e-9)(inputs)  # on, but dropping nothing
    x = keras.layers.BatchNormalization()(x)
    model = keras.Model(inputs, keras.layers.Dense(1)(x))
    attach(model, ModelRecord(None, input=ModelInput("table", (4,)), outputs=1, task=Task("binary", 1)))
    x = np.random.default_rng(0).normal(3, 5, (50, 4)).astype(np.float32)
    found = predict(model, x, uncertainty="dropout", samples=2)
    np.testing.assert_allclose(found.mean, predict(model, x), atol=1e-6)
    assert not model.layers[2].moving_mean.numpy().any()


def test_an_ensemble_averages_probabilities_and_disagrees_where_its_members_do(splice):
    members = [get_model("mlp", dataset=splice, seed=seed) for seed in range(3)]
    few = splice.test.take(range(10))
    alone = np.stack([predict(member, few) for member in members])
    found = predict(members, few, uncertainty="ensemble")
    np.testing.assert_allclose(found.mean, alone.mean(axis=0))
    np.testing.assert_allclose(found.std, alone.std(axis=0, ddof=1))
    np.testing.assert_allclose(predict(members, few), alone.mean(axis=0))
    same = predict([members[0], members[0]], few, uncertainty="ensemble")
    np.testing.assert_allclose(same.disagreement, 0, atol=1e-12)
    assert (found.disagreement > 0).all()


def test_uncertainty_that_a_model_cannot_have_is_refused_with_advice(splice_model, splice):
    few = splice.test.take(range(2))
    logistic = get_model("logistic", dataset=splice, seed=0)
    with pytest.raises(ModelError, match="no dropout layer"):
        predict(logistic, few, uncertainty="dropout")
    with pytest.raises(ModelError, match="several models"):
        predict(logistic, few, uncertainty="ensemble")
    with pytest.raises(ModelError, match="Did you mean dropout"):
        predict(logistic, few, uncertainty="dropouts")
    with pytest.raises(ModelError, match="exclude each other"):
        predict(splice_model, few, uncertainty="dropout", tta="reverse_complement")
    with pytest.raises(ModelError, match="equal inputs and outputs"):
        predict([logistic, get_model("mlp", input_shape=3, outputs=3)], few)
