import numpy as np
import pytest

from deepbio.errors import ModelError
from deepbio.inference import TTA_TRANSFORMS, predict
from deepbio.sequence import reverse_complement
from deepbio.specs import Task
from deepbio.zoo import get_model


def test_the_inverse_undoes_the_forward_transform_but_for_what_a_shift_loses():
    x = np.random.default_rng(0).random((2, 6, 6, 1))
    for name, transforms in TTA_TRANSFORMS["image"].items():
        for transform in transforms:
            again = transform.inverse(transform.forward(x))
            inner = np.s_[:, 1:-1, 1:-1] if name == "shift" else np.s_[:]
            np.testing.assert_array_equal(again[inner], x[inner], err_msg=transform.name)
    codes = np.array([[0, 1, 2, 3, 0, 1]], np.uint8)
    one, other = (transform.forward(codes) for transform in TTA_TRANSFORMS["dna"]["shift"][1:])
    assert one.tolist() == [[0, 0, 1, 2, 3, 0]]
    assert other.tolist() == [[1, 2, 3, 0, 1, 1]]


def test_predictions_are_averaged_and_masks_are_transformed_back():
    x = np.random.default_rng(0).integers(0, 256, (5, 16, 16, 1), np.uint8)
    model = get_model("unet", input_shape=(16, 16, 1), outputs=2, filters=4, num_blocks=1, seed=0)
    task = Task("per_pixel", 2)
    plain = predict(model, x, task=task)
    mirrored = predict(model, np.ascontiguousarray(x[:, :, ::-1]), task=task)[:, :, ::-1]
    np.testing.assert_allclose(predict(model, x, task=task, tta="flip"), (plain + mirrored) / 2, atol=1e-6)
    rotated = predict(model, x, task=task, tta="dihedral")
    again = predict(model, np.ascontiguousarray(np.rot90(x, axes=(1, 2))), task=task, tta="dihedral")
    np.testing.assert_allclose(again, np.rot90(rotated, axes=(1, 2)), atol=1e-6)


def test_both_strands_have_one_prediction():
    x = np.random.default_rng(0).integers(0, 4, (6, 60), np.uint8)
    model = get_model("dna_cnn", input_shape=60, outputs=3, seed=0)
    both = predict(model, x, task=Task("multiclass", 3), tta="reverse_complement")
    np.testing.assert_allclose(
        both, predict(model, reverse_complement(x), task=Task("multiclass", 3), tta="reverse_complement"), atol=1e-6
    )


def test_unknown_transforms_are_refused():
    model = get_model("lenet5", input_shape=(16, 12, 1), outputs=2, seed=0)
    x = np.zeros((1, 16, 12, 1), np.uint8)
    with pytest.raises(ModelError, match="Did you mean flip"):
        predict(model, x, tta="flap")
    with pytest.raises(ModelError, match="needs square images"):
        predict(model, x, tta="dihedral")
    with pytest.raises(ModelError, match="no test-time augmentation of a table"):
        predict(get_model("mlp", input_shape=3, outputs=2), np.zeros((1, 3), np.float32), tta="flip")
