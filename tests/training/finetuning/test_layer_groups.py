"""What is frozen does not move, what is not does, and each from its epoch on."""

import keras
import numpy as np
import pytest

import deepbio
from deepbio.errors import ModelError, TrainingError
from deepbio.training.finetuning.layer_groups import frozen_layers, layer_groups, unfrozen_layers
from deepbio.zoo import get_model
from tests.training.finetuning.conftest import SMALL, windows


class Record(keras.callbacks.Callback):
    """Keep every weight after each epoch."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def on_epoch_end(self, epoch, logs=None):
        self.seen.append([w.copy() for w in self.model.get_weights()])


def moved(before, after) -> list[bool]:
    return [not np.array_equal(a, b) for a, b in zip(before, after, strict=True)]


def trunk_weights(model) -> list[np.ndarray]:
    return [w for layer in layer_groups(model) if not layer.head for w in layer.layer.get_weights()]


def test_a_linear_probe_leaves_every_bit_of_the_trunk_and_its_batch_norm_statistics(trained):
    run = deepbio.finetune(trained, windows(60), freeze="trunk", epochs=3, verbose=False)
    before = trunk_weights(get_model(trained))
    assert len(before) > 10
    assert not any(moved(before, trunk_weights(run.model)))
    head = next(layer for layer in layer_groups(run.model) if layer.head)
    assert float(np.abs(head.layer.bias.numpy()).max()) > 0  # it began with zeros


def test_groups_frozen_from_the_input_stay_and_the_others_move(trained):
    run = deepbio.finetune(trained, windows(60), freeze=2, epochs=1, verbose=False)
    old = {layer.names[1]: layer for layer in layer_groups(get_model(trained))}
    for layer in layer_groups(run.model):
        if layer.head:
            continue
        changed = moved(old[layer.names[1]].layer.get_weights(), layer.layer.get_weights())
        assert not any(changed) if layer.group <= 2 else all(changed), layer.names


def test_layers_frozen_by_pattern_stay(trained):
    run = deepbio.finetune(trained, windows(60), freeze="batch_normalization*", epochs=1, verbose=False)
    old = {layer.names[1]: layer for layer in layer_groups(get_model(trained))}
    kinds = {
        layer.names[1]: moved(old[layer.names[1]].layer.get_weights(), layer.layer.get_weights())
        for layer in layer_groups(run.model)
        if not layer.head
    }
    assert not any(any(changed) for name, changed in kinds.items() if name.startswith("batch"))
    assert all(all(changed) for name, changed in kinds.items() if not name.startswith("batch"))


def test_the_model_that_was_passed_in_keeps_its_weights_and_stays_trainable(trained):
    model = get_model(trained)
    before = model.get_weights()
    run = deepbio.finetune(model, windows(60), freeze="trunk", epochs=1, verbose=False)
    assert not any(moved(before, model.get_weights()))
    assert all(layer.layer.trainable for layer in layer_groups(run.model))


def test_gradual_unfreezing_frees_one_group_each_epoch_from_the_head_down(trained):
    record = Record()
    deepbio.finetune(
        trained, windows(60), freeze="trunk", unfreeze_schedule="gradual", epochs=4, callbacks=[record], verbose=False
    )
    model = get_model(trained)
    layers, names = layer_groups(model), [id(w) for w in model.weights]
    group = {
        names.index(id(w)): layer.group
        for layer in layers
        for w in layer.layer.weights
        if not layer.head and "seed" not in w.path
    }
    top = max(layer.group for layer in layers)
    moving = [moved(a, b) for a, b in zip([model.get_weights(), *record.seen], record.seen, strict=False)]
    for epoch in range(4):
        for place, at in group.items():
            assert moving[epoch][place] == (at >= top - epoch), (epoch, model.weights[place].path)


def test_a_schedule_by_epoch_frees_what_it_names(trained):
    record = Record()
    deepbio.finetune(
        trained, windows(60), freeze="trunk", unfreeze_schedule={1: "dense", 2: "all"}, epochs=3, callbacks=[record], verbose=False,
    )  # fmt: skip
    model = get_model(trained)
    first = [w.path for w in model.weights].index(layer_groups(model)[0].layer.weights[0].path)
    dense = next(layer.layer for layer in layer_groups(model) if layer.names[1] == "dense")
    hidden = [w.path for w in model.weights].index(dense.weights[0].path)
    states = [model.get_weights(), *record.seen]
    assert [not np.array_equal(a[first], b[first]) for a, b in zip(states, record.seen, strict=False)] == [
        False,
        False,
        True,
    ]
    assert [not np.array_equal(a[hidden], b[hidden]) for a, b in zip(states, record.seen, strict=False)] == [
        False,
        True,
        True,
    ]


def test_groups_follow_the_longest_path_and_the_head_is_last():
    layers = layer_groups(get_model("dna_cnn", input_shape=60, outputs=3, **SMALL))
    assert [(layer.names[1], layer.group) for layer in layers] == [
        ("conv1d", 1), ("batch_normalization", 1), ("conv1d_1", 2), ("batch_normalization_1", 2), ("conv1d_2", 3),
        ("batch_normalization_2", 3), ("dense", 4), ("batch_normalization_3", 4), ("dense_1", 5),
    ]  # fmt: skip
    assert [layer.head for layer in layers] == [False] * 8 + [True]


def test_deep_networks_have_twelve_groups_and_a_head():
    layers = layer_groups(get_model("spliceai_400nt"))
    assert {layer.group for layer in layers} == set(range(1, 14))


def test_a_fraction_freezes_half_of_the_groups():
    layers = layer_groups(get_model("dna_cnn", input_shape=60, outputs=3, **SMALL))
    assert {layer.group for layer in frozen_layers(layers, 0.5)} == {1, 2}
    assert {layer.group for layer in unfrozen_layers(layers, {1: 1}, frozen_layers(layers, "trunk"), 1)} == {4}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"freeze": "conv2d"}, "Did you mean conv1d"),
        ({"freeze": 9}, "0 to 4 groups"),
        ({"freeze": "*"}, "no layer to train"),
        ({"freeze": "trunk", "unfreeze_schedule": {1: "conw1d"}}, "Did you mean conv1d"),
        ({"freeze": "trunk", "unfreeze_schedule": {0: "all"}}, "epochs done"),
        ({"unfreeze_schedule": "gradual"}, "freeze='trunk'"),
        ({"layer_decay": 1.5}, "at most 1"),
        ({"lora_rank": 0}, "at least 1"),
        ({"lora_rank": 2, "freeze": "trunk"}, "freezes the whole trunk"),
        ({"lora_rank": 2, "lora_on": ("batch*",)}, "none that matches"),
        ({"epoch": 3}, "Did you mean epochs"),
    ],
)
def test_a_wrong_plan_is_refused_with_what_would_be_right(trained, options, message):
    with pytest.raises(TrainingError, match=message):
        deepbio.finetune(trained, windows(60), verbose=False, **options)


def test_a_wrong_head_or_adapter_is_refused(trained):
    with pytest.raises(ModelError, match="Did you mean new"):
        deepbio.finetune(trained, windows(60), head="neww")
    with pytest.raises(ModelError, match="multiclass with 3 output"):
        deepbio.finetune(trained, windows(60), head="keep")
