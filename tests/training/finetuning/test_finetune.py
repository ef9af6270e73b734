"""A fine-tuned run is a run like any other: a preset, a recipe, a resume; and overlap of its data is logged."""

import dataclasses
import json
import logging

import keras
import numpy as np
import pytest
import yaml

import deepbio
from deepbio.datasets import Dataset, Split, load_dataset
from deepbio.errors import ModelError, TrainingError
from deepbio.specs import ModelInput, Task
from deepbio.training import fit
from deepbio.training.finetuning import compare_approaches, layer_groups
from deepbio.training.finetuning.start import overlap
from deepbio.zoo import check_golden_outputs, describe, get_model, weights_hash
from tests.training.finetuning.conftest import windows


class StopAt(keras.callbacks.Callback):
    """Breaks a run off after some steps, as a crash would."""

    def __init__(self, steps):
        super().__init__()
        self.left = steps

    def on_train_batch_end(self, batch, logs=None):
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt


@pytest.mark.parametrize(
    "how", [{"freeze": "trunk", "unfreeze_schedule": {1: 1, 2: "all"}}, {"lora_rank": 2}], ids=["gradual", "lora"]
)
def test_a_resumed_run_equals_the_whole_one_bit_for_bit(shallow, tmp_path, how):
    settings = {"epochs": 3, "batch_size": 8, "steps_per_execution": 1, "verbose": False, "seed": 0, **how}
    data = windows(60)  # 3 steps an epoch
    whole = deepbio.finetune(shallow, data, **settings)
    with pytest.raises(KeyboardInterrupt):
        deepbio.finetune(shallow, data, out=tmp_path, checkpoint_steps=2, callbacks=[StopAt(6)], **settings)
    run = deepbio.finetune(shallow, data, out=tmp_path, resume=True, checkpoint_steps=2, **settings)
    assert weights_hash(run.model) == weights_hash(whole.model)
    assert run.history["loss"] == whole.history["loss"]


def test_checkpoints_of_another_plan_are_refused(shallow, tmp_path):
    settings = {"epochs": 2, "batch_size": 8, "verbose": False}
    with pytest.raises(KeyboardInterrupt):
        deepbio.finetune(shallow, windows(60), out=tmp_path, checkpoint_steps=2, callbacks=[StopAt(3)], **settings)
    with pytest.raises(TrainingError, match=r"plan\.layer_decay"):
        deepbio.finetune(shallow, windows(60), out=tmp_path, resume=True, layer_decay=0.5, **settings)


def test_the_run_folder_is_a_preset_whose_recipe_says_how_it_was_tuned(shallow, tmp_path):
    data = windows(60)
    run = deepbio.finetune(
        shallow, data, freeze="trunk", unfreeze_schedule={1: "all"}, layer_decay=0.7, epochs=2, out=tmp_path / "tuned", verbose=False,
    )  # fmt: skip
    again = get_model(tmp_path / "tuned")
    check_golden_outputs(again, tmp_path / "tuned")
    assert weights_hash(again) == weights_hash(run.model)
    recipe = yaml.safe_load((tmp_path / "tuned" / "recipe.yaml").read_text())
    plan = recipe["finetune"]
    assert (plan["freeze"], plan["unfreeze_schedule"], plan["layer_decay"]) == ("trunk", {"1": "all"}, 0.7)
    assert plan["origin"]["model"] == str(shallow)
    assert plan["origin"]["weights"] == weights_hash(get_model(shallow))
    assert "fine-tuned on `new`" in (tmp_path / "tuned" / "card.md").read_text()
    assert json.loads((tmp_path / "tuned" / "preset.json").read_text())["outputs"] == 1


def test_keeping_the_head_goes_on_with_the_old_task(shallow):
    data = windows(60, classes=3)
    old = get_model(shallow).get_layer("head").get_weights()
    run = deepbio.finetune(shallow, data, head="keep", freeze="*[!h]*d", epochs=1, learning_rate=1e-9, verbose=False)
    np.testing.assert_allclose(run.model.get_layer("head").get_weights()[0], old[0], atol=1e-6)
    new = deepbio.finetune(shallow, data, epochs=1, learning_rate=1e-9, seed=1, verbose=False)
    assert np.abs(new.model.get_layer("head").get_weights()[0] - old[0]).max() > 0.05


@pytest.mark.parametrize("length", [41, 100])
def test_other_windows_are_cropped_or_padded_for_a_network_of_one_length(trained, tmp_path, length):
    data = windows(length)
    run = deepbio.finetune(trained, data, freeze="trunk", epochs=1, out=tmp_path / "run", verbose=False)
    assert describe(run.model).config["network_input"] == (60,)
    again = get_model(tmp_path / "run")
    check_golden_outputs(again, tmp_path / "run")
    assert again.input_shape == (None, length)


def test_layers_that_do_not_fit_can_be_new_instead(trained, caplog):
    with caplog.at_level(logging.WARNING, logger="deepbio"):
        run = deepbio.finetune(trained, windows(200), adapter="layers", freeze="trunk", epochs=1, verbose=False)
    assert describe(run.model).config.get("network_input") is None
    assert "new, with fresh weights: conv1d_3" in caplog.text
    first = next(layer for layer in run.model.layers if isinstance(layer, keras.layers.Conv1D))
    old = next(layer for layer in get_model(trained).layers if isinstance(layer, keras.layers.Conv1D))
    np.testing.assert_array_equal(first.get_weights()[0], old.get_weights()[0])
    # what is new learns although the trunk is frozen: the moving mean of its batch norm began at 0
    dense = next(layer for layer in layer_groups(run.model) if layer.names[1] == "batch_normalization_7")
    assert np.abs(dense.layer.moving_mean.numpy()).max() > 0


def images(shape, *, seed=0) -> Dataset:
    draw = np.random.default_rng(seed)
    parts = [Split(draw.integers(0, 256, (n, *shape), np.uint8), np.arange(n) % 2) for n in (16, 8, 8)]
    return Dataset("pictures", Task.classify(("a", "b")), ModelInput("image", shape), *parts)


@pytest.mark.parametrize(("shape", "inner"), [((12, 12, 1), (12, 12, 3)), ((8, 8, 1), (8, 8, 3))])
def test_grey_images_go_into_colour_weights(shape, inner):
    colour = get_model("image_cnn", dataset=images((8, 8, 3)), filters=(4,), seed=0)
    run = deepbio.finetune(colour, images(shape), freeze="trunk", epochs=1, verbose=False)
    assert describe(run.model).config["network_input"] == inner


def test_a_grey_image_has_the_outputs_of_its_colour_copy():
    colour = get_model("image_cnn", input_shape=(8, 8, 3), outputs=2, filters=(4,), seed=0)
    grey = get_model("image_cnn", input_shape=(8, 8, 1), outputs=2, filters=(4,), seed=0, network_input=(8, 8, 3))
    grey.set_weights(colour.get_weights())
    x = np.random.default_rng(0).integers(0, 256, (3, 8, 8, 1), np.uint8)
    np.testing.assert_allclose(grey(x).numpy(), colour(np.repeat(x, 3, axis=-1)).numpy(), atol=1e-6)


def test_a_longer_window_has_the_outputs_of_its_middle():
    short = get_model("dna_cnn", input_shape=60, outputs=2, filters=4, units=8, seed=0)
    long = get_model("dna_cnn", input_shape=100, outputs=2, filters=4, units=8, seed=0, network_input=(60,))
    x = np.random.default_rng(0).integers(0, 4, (3, 100), np.uint8)
    np.testing.assert_allclose(long(x).numpy(), short(x[:, 20:80]).numpy(), atol=1e-6)


def test_data_that_the_weights_know_are_warned_of(trained, caplog):
    whole = load_dataset("uci_splice")
    old = {"name": "uci_splice", "options": {}, "fingerprint": whole.fingerprint()}
    assert "very data set" in str(overlap(old, whole))
    # 5 of the old training windows in the new test split
    mixed = windows(60, name="mine")
    mixed = dataclasses.replace(
        mixed, test=Split(np.concatenate([mixed.test.x, whole.train.x[np.arange(5)]]), np.arange(17) % 2)
    )
    assert "5 of 17 examples of the test split" in str(overlap(old, mixed))
    assert overlap(old, windows(60)) is None
    assert overlap(None, whole) is None
    assert overlap({"name": "something", "options": {}, "fingerprint": "0"}, whole) is None
    with caplog.at_level(logging.WARNING, logger="deepbio"):
        deepbio.finetune(trained, mixed, freeze="trunk", epochs=1, verbose=False)
    assert "Metrics on such examples are too good" in caplog.text


def test_one_report_compares_the_approaches(shallow, tmp_path):
    runs = compare_approaches(
        shallow, windows(60), approaches=("scratch", "linear_probe", "full"), out=tmp_path, epochs=1, verbose=False
    )
    page = (tmp_path / "report.html").read_text()
    assert all(name in page.replace("<wbr>", "") for name in ("scratch", "linear probe", "full"))
    assert set(runs) == {path.name for path in tmp_path.iterdir() if path.is_dir()}
    assert get_model(tmp_path / "full").output_shape == (None, 1)


def test_a_model_made_elsewhere_is_tuned_with_its_own_head():
    data = windows(60)
    x = inputs = keras.Input((60,), dtype="uint8")
    x = keras.layers.Dense(4, activation="relu", name="hidden")(keras.layers.Rescaling(0.25)(x))
    model = keras.Model(inputs, keras.layers.Dense(1)(x))
    before = model.get_layer("hidden").get_weights()[0]
    with pytest.raises(ModelError, match="head='keep'"):
        deepbio.finetune(model, data)
    run = deepbio.finetune(model, data, head="keep", freeze="hidden", epochs=1, verbose=False)
    assert run.model is model
    np.testing.assert_array_equal(model.get_layer("hidden").get_weights()[0], before)


def test_another_modality_is_refused(trained):
    with pytest.raises(ModelError, match="takes dna; xor is table"):
        deepbio.finetune(trained, load_dataset("xor"))


def test_lora_learns_under_bfloat16_too(shallow):
    run = deepbio.finetune(shallow, windows(60), precision="mixed_bfloat16", lora_rank=2, epochs=1, verbose=False)
    assert np.isfinite(run.history["loss"]).all()
    assert {w.dtype for w in run.model.weights} <= {"float32", "int64", "uint32"}


def test_fit_without_a_plan_has_none():
    data = load_dataset("xor")
    run = fit(get_model("mlp", dataset=data, seed=0), data, epochs=1, verbose=False)
    assert run.plan is None
