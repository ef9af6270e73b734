"""What a PyTorch state dict has too much, too little or in another shape is named."""

import numpy as np
import pytest

from deepbio.errors import WeightsError
from deepbio.zoo import get_model
from deepbio.zoo.importers.enformer_pytorch import enformer_pytorch
from deepbio.zoo.importers.torch_layout import TorchState, assign_weights


def test_a_missing_tensor_is_named():
    state = TorchState({"fc.weight": np.ones((1, 2))})
    state.dense("fc", "head")
    with pytest.raises(WeightsError, match="lacks fc.bias"):
        state.finish()


def test_a_tensor_that_nobody_took_is_named():
    state = TorchState({"fc.weight": np.ones((1, 2)), "fc.bias": np.ones(1), "lora.weight": np.ones(1)})
    state.dense("fc", "head")
    with pytest.raises(WeightsError, match="beyond this architecture, lora.weight"):
        state.finish()


def test_a_tensor_of_another_rank_is_named():
    state = TorchState({"conv.weight": np.ones((1, 2))})
    with pytest.raises(WeightsError, match=r"conv.weight is expected with 3 axes; it has the shape \(1, 2\)"):
        state.conv1d("conv", "stem")


def test_heads_become_one_layer_in_order():
    state = TorchState(
        {
            "mouse.weight": np.full((1, 2, 1), 2.0), "mouse.bias": np.array([20.0]),
            "human.weight": np.array([[[1.0], [3.0]]]), "human.bias": np.array([10.0]),
        }
    )  # fmt: skip
    state.heads(("human", "mouse"), "head")
    found = state.finish()
    assert found["head/kernel"].tolist() == [[1, 2], [3, 2]]
    assert found["head/bias"].tolist() == [10, 20]


def test_a_state_dict_of_another_network_is_refused_by_name():
    with pytest.raises(WeightsError, match="lacks stem.0.weight, stem.0.bias, .* and .* more"):
        enformer_pytorch({"model.layer1.weight": np.ones((2, 2))})


def test_weights_of_another_width_are_named_and_nothing_is_assigned():
    model = get_model("logistic", input_shape=3, outputs=2, seed=0)
    before = [np.array(w) for w in model.get_weights()]
    values = {v.path: np.ones(v.shape) for v in model.weights}
    kernel = next(path for path in values if path.endswith("kernel"))
    with pytest.raises(WeightsError, match=rf"{kernel} is \(3, 2\) in the model, \(5, 2\) in the weights"):
        assign_weights(model, {**values, kernel: np.ones((5, 2))})
    with pytest.raises(WeightsError, match="no variable for extra/bias"):
        assign_weights(model, {**values, "extra/bias": np.ones(1)})
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
