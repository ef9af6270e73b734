import inspect
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from deepbio.datasets import load_dataset
from deepbio.errors import ModelError, WeightsError
from deepbio.specs import ModelInput
from deepbio.zoo import describe, get_model, list_models, model_spec, one_hot_model, register, weights_hash
from deepbio.zoo.registry import _USER_MODELS, RESERVED, builder_options


def test_a_typo_gives_the_nearest_model():
    with pytest.raises(ModelError, match="Did you mean lenet5"):
        get_model("lenet")


def test_a_typo_in_an_option_gives_the_nearest_option():
    with pytest.raises(ModelError, match=r"no option 'unit'. Did you mean units"):
        get_model("mlp", unit=(10,))


@pytest.mark.parametrize("file", ["nothing.safetensors", "folder/nothing.pt"])
def test_a_weight_file_that_is_missing_is_no_tag(file):
    with pytest.raises(WeightsError, match=f"Expected a weight file or preset folder at {file}; there is none"):
        get_model("enformer", weights=file)


def test_a_tag_that_does_not_exist_is_refused():
    with pytest.raises(ModelError, match="Unknown pretrained model 'mlp.nothing'"):
        get_model("mlp.nothing")


def test_a_path_that_does_not_exist_is_refused():
    with pytest.raises(ModelError, match="no preset folder"):
        get_model("./runs/nothing")


def test_a_data_set_of_another_modality_is_refused_with_models_that_fit():
    with pytest.raises(ModelError, match=r"takes dna; xor is table.*mlp"):
        get_model("dna_cnn", dataset=load_dataset("xor"))


def test_a_shape_of_the_wrong_rank_is_refused():
    with pytest.raises(ModelError, match="3 dimension"):
        get_model("lenet5", input_shape=(28, 28), outputs=10)


def test_a_shape_that_contradicts_the_data_set_is_refused():
    with pytest.raises(ModelError, match="differs from the data set"):
        get_model("mlp", dataset=load_dataset("xor"), input_shape=3)
    with pytest.raises(ModelError, match="differs from the data set"):
        get_model("mlp", dataset=load_dataset("xor"), outputs=3)


def test_a_built_in_activation_returns_probabilities():
    data = load_dataset("xor")
    x = np.asarray(data.test.x)
    logits = get_model("mlp", dataset=data, seed=1).predict_on_batch(x)
    p = get_model("mlp", dataset=data, seed=1, activation="auto").predict_on_batch(x)
    np.testing.assert_allclose(p, data.task.probabilities(logits), atol=1e-6)


def test_a_built_in_activation_needs_a_task():
    with pytest.raises(ModelError, match="needs a task"):
        get_model("mlp", activation="auto")


def test_seeds_decide_the_weights_and_leave_pythons_random_alone():
    import random

    random.seed(7)
    expected = random.random()
    random.seed(7)
    a = get_model("mlp", seed=1).get_weights()
    assert random.random() == expected
    b, c = get_model("mlp", seed=1).get_weights(), get_model("mlp", seed=2).get_weights()
    assert all((x == y).all() for x, y in zip(a, b, strict=True))
    assert any((x != y).any() for x, y in zip(a, c, strict=True))


def test_wildcards_and_filters_choose_models():
    assert "dna_cnn" in list_models("*cnn*")
    assert "dna_cnn" not in list_models("*cnn*", modality="image")
    assert list_models("no_such_*") == []
    with pytest.raises(ModelError, match="Did you mean image"):
        list_models(modality="images")


def test_a_users_own_model_is_registered_and_built():
    import keras

    try:

        @register(
            "mine", modality="table", summary="", paper="", reference={"input_shape": (4,), "outputs": 2}, parameters=10
        )
        def mine(input: ModelInput, outputs: int) -> keras.Model:
            inputs = keras.Input(input.shape)
            return keras.Model(inputs, keras.layers.Dense(outputs)(inputs))

        globals()["mine"] = mine
        assert get_model("mine").count_params() == model_spec("mine").parameters
    finally:
        _USER_MODELS.pop("mine", None)
        globals().pop("mine", None)


def test_the_registry_refuses_an_option_that_is_a_keyword_of_get_model():
    facts = {"modality": "table", "summary": "", "paper": "", "reference": {}, "parameters": 1}

    def builder(input: ModelInput, outputs: int, *, activation: str = "relu"):
        raise AssertionError("never built")

    with pytest.raises(ModelError, match=r"'taken' has the option activation.*for example hidden_activation"):
        register("taken", **facts)(builder)
    assert "taken" not in list_models()


def test_every_keyword_of_get_model_is_reserved():
    keywords = {p.name for p in inspect.signature(get_model).parameters.values() if p.kind is not p.VAR_KEYWORD}
    assert keywords <= RESERVED


@pytest.mark.parametrize("name", list_models())
def test_no_model_has_an_option_that_get_model_would_take(name):
    keywords = inspect.signature(get_model).parameters
    assert not builder_options(model_spec(name)).keys() & keywords.keys()


def test_the_activation_of_an_mlp_can_be_chosen():
    x = np.array([[1.0, -2.0]], np.float32)
    tanh = get_model("mlp", input_shape=2, outputs=1, units=(3,), hidden_activation="tanh", seed=0)
    kernel, _, head, _ = tanh.get_weights()
    np.testing.assert_allclose(tanh.predict_on_batch(x), np.tanh(x @ kernel) @ head, rtol=1e-5)


def test_a_dna_model_takes_one_hot_floats_through_the_same_weights():
    model = get_model("dna_cnn", input_shape=60, outputs=2, seed=0)
    codes = np.random.Generator(np.random.Philox(0)).integers(0, 5, (4, 60)).astype(np.uint8)
    one_hot = (codes[..., None] == np.arange(4)).astype(np.float32)
    np.testing.assert_allclose(one_hot_model(model).predict_on_batch(one_hot), model.predict_on_batch(codes), atol=1e-6)


def test_the_record_tells_what_was_built():
    record = describe(get_model("mlp", dataset=load_dataset("xor"), units=[8, 8]))
    assert (record.architecture, record.config, record.outputs) == ("mlp", {"units": (8, 8)}, 1)


def test_threads_build_the_same_weights_from_a_seed():
    def build(seed):
        return weights_hash(get_model("mlp", input_shape=4, outputs=1, seed=seed))

    seeds = [0, 1, 2, 3] * 4
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(build, seeds))
    assert found == [build(seed) for seed in seeds]
