"""Keras's own objects in `fit`: optimizers, schedules, losses and metrics train, are stored, and leave the model as it was."""

import dataclasses
import inspect

import keras
import numpy as np
import pytest
import yaml
from typer.testing import CliRunner

import deepbio
from deepbio.cli.main import app
from deepbio.datasets import load_dataset
from deepbio.errors import DataError, TrainingError
from deepbio.inference import predict
from deepbio.training import Settings, fit
from deepbio.training.keras_objects import from_config, to_config
from deepbio.training.settings import FitOptions, TrainingSettings
from deepbio.zoo import get_model, weights_hash

PLAIN = {"epochs": 3, "batch_size": 64, "patience": 0, "verbose": False, "seed": 0}
BY_NAME = {"optimizer": "sgd", "learning_rate": 0.05, "momentum": 0.9, "schedule": "constant", "clip_norm": 0.5}
ops = keras.ops


def squared(y_true, y_pred):
    return ops.mean(ops.square(y_true - ops.sigmoid(y_pred)), axis=-1)


def squared_mean(y_true, y_pred):
    return ops.mean(ops.square(y_true - ops.sigmoid(y_pred)))


@keras.saving.register_keras_serializable("tests")
class Squared(keras.losses.Loss):
    def call(self, y_true, y_pred):
        return squared(y_true, y_pred)


@keras.saving.register_keras_serializable("tests")
class Halved(keras.optimizers.SGD):
    """Descend with half of the gradient."""

    def update_step(self, gradient, variable, learning_rate):
        super().update_step(gradient / 2, variable, learning_rate)


class Positives(keras.metrics.Metric):
    """The number of examples called positive."""

    def __init__(self, name="positives"):
        super().__init__(name=name)
        self.count = self.add_weight(name="count", initializer="zeros")

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.count.assign_add(ops.sum(ops.cast(y_pred > 0.5, "float32")))

    def result(self):
        return self.count


def mean_error(y_true, y_pred):
    return ops.mean(ops.abs(y_true - y_pred), axis=-1)


@pytest.fixture(scope="module")
def xor():
    return load_dataset("xor")


def trained(xor, **settings):
    model = get_model("mlp", dataset=xor, seed=0, units=(8,))
    return fit(model, xor, **{**PLAIN, **settings})


def decaying():
    return keras.optimizers.schedules.ExponentialDecay(0.1, decay_steps=7, decay_rate=0.5)


def test_an_optimizer_object_trains_like_its_name(xor):
    own = keras.optimizers.SGD(0.05, momentum=0.9, global_clipnorm=0.5)
    assert weights_hash(trained(xor, optimizer=own).model) == weights_hash(trained(xor, **BY_NAME).model)


def test_an_optimizer_object_keeps_its_schedule_and_is_not_touched(xor):
    own = keras.optimizers.Adam(decaying())
    run = trained(xor, optimizer=own)
    assert run.history["learning_rate"] == pytest.approx([0.05, 0.025, 0.0125])  # seven steps an epoch
    assert run.settings.optimizer is own
    assert not own.built
    assert int(own.iterations.numpy()) == 0


def test_a_schedule_goes_with_an_optimizer_by_name(xor):
    one = trained(xor, optimizer="adam", learning_rate=decaying())
    other = trained(xor, optimizer=keras.optimizers.Adam(decaying()))
    assert one.history["learning_rate"] == other.history["learning_rate"]
    assert weights_hash(one.model) == weights_hash(other.model)


def test_a_moving_average_in_an_optimizer_object_is_what_remains(xor):
    own = keras.optimizers.Adam(0.01, use_ema=True, ema_momentum=0.9)
    named = trained(xor, optimizer="adam", learning_rate=0.01, ema=0.9)
    assert weights_hash(trained(xor, optimizer=own).model) == weights_hash(named.model)


@pytest.mark.parametrize(
    "setting", [{"accumulate": 2}, {"precision": "mixed_bfloat16"}, {"precision": "mixed_float16"}]
)
def test_an_optimizer_object_works_with_micro_batches_and_mixed_precision(xor, setting):
    own, named = keras.optimizers.SGD(0.05, momentum=0.9, global_clipnorm=0.5), BY_NAME
    assert weights_hash(trained(xor, optimizer=own, **setting).model) == weights_hash(
        trained(xor, **named, **setting).model
    )


def test_layer_wise_rates_scale_the_steps_of_an_optimizer_object(xor):
    model, moved = get_model("mlp", dataset=xor, seed=0, units=(8,)), {}
    for decay in (1.0, 0.5):
        run = deepbio.finetune(
            model,
            xor,
            head="keep",
            optimizer=Halved(0.01),
            layer_decay=decay,
            epochs=1,
            batch_size=400,
            seed=0,
            verbose=False,
        )
        hidden = next(layer for layer in run.model.layers if isinstance(layer, keras.layers.Dense))
        start = next(layer for layer in model.layers if isinstance(layer, keras.layers.Dense)).get_weights()[0]
        moved[decay] = hidden.get_weights()[0] - start
    np.testing.assert_allclose(moved[0.5], 0.5 * moved[1.0], rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize(
    "loss",
    [squared, squared_mean, Squared(), keras.losses.BinaryCrossentropy(from_logits=True)],
    ids=lambda v: type(v).__name__,
)
def test_an_own_loss_trains_on_logits_and_is_averaged_over_the_batch(xor, loss):
    run = trained(xor, loss=loss, epochs=20, optimizer="adam", learning_rate=0.02)
    assert run.history["loss"][-1] < 0.7 * run.history["loss"][0]
    y, logits = xor.valid.y[:, None].astype(np.float32), predict(run.model, xor.valid, logits=True).reshape(-1, 1)
    assert run.history["val_loss"][-1] == pytest.approx(float(np.mean(ops.convert_to_numpy(loss(y, logits)))), rel=1e-4)


def test_an_own_loss_trains_like_the_built_in_one(xor):
    cross_entropy = trained(xor, loss=keras.losses.BinaryCrossentropy(from_logits=True))
    for a, b in zip(cross_entropy.model.get_weights(), trained(xor).model.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)
    per_example, per_batch = trained(xor, loss=squared), trained(xor, loss=squared_mean)
    np.testing.assert_allclose(per_example.history["loss"], per_batch.history["loss"], rtol=1e-5)


def test_own_metrics_are_computed_from_gathered_predictions_each_epoch(xor):
    metric = Positives()
    run = trained(xor, metrics=[metric, mean_error, "f1", keras.metrics.AUC(from_logits=True, name="auc_of_logits")])
    p, y = predict(run.model, xor.valid).ravel(), xor.valid.y
    expected = {"positives": (p > 0.5).sum(), "mean_error": np.abs(y - p).mean(), "f1": run.valid["f1"].value}
    for name, value in expected.items():
        assert len(run.history[f"val_{name}"]) == 3
        assert run.history[f"val_{name}"][-1] == pytest.approx(value, rel=1e-5)
        assert run.user_metrics[name] == pytest.approx(value, rel=1e-5)
    assert run.user_metrics["auc_of_logits"] == pytest.approx(run.valid["auroc"].value, abs=0.02)
    assert float(metric.result()) == 0  # reset after use


def test_an_own_metric_is_monitored(xor):
    run = trained(
        xor, metrics=[mean_error], monitor="mean_error", monitor_mode="min", patience=2, epochs=40, learning_rate=0.05
    )
    assert run.user_metrics["mean_error"] == pytest.approx(min(run.history["val_mean_error"]), rel=1e-5)
    auc = trained(
        xor, metrics=[keras.metrics.AUC(name="auc")], monitor="auc", patience=2, epochs=6
    )  # Keras knows its direction
    assert auc.user_metrics["auc"] == pytest.approx(max(auc.history["val_auc"]), rel=1e-5)


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"loss": keras.losses.BinaryCrossentropy()}, TrainingError, "Pass from_logits=True"),
        ({"loss": keras.losses.binary_crossentropy}, TrainingError, "expects probabilities"),
        ({"loss": squared_mean, "class_weight": "balanced"}, TrainingError, "one number per batch"),
        ({"loss": squared, "label_smoothing": 0.1}, TrainingError, "decides label_smoothing itself"),
        ({"optimizer": keras.optimizers.SGD(0.1), "learning_rate": 0.2}, TrainingError, "decides learning_rate itself"),
        ({"optimizer": keras.optimizers.SGD(decaying()), "schedule": "plateau"}, TrainingError, "constant learning rate"),
        ({"learning_rate": decaying(), "warmup": 0.1}, TrainingError, "decides warmup itself"),
        (
            {"optimizer": keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1))}, TrainingError,
            "scales the loss itself",
        ),
        ({"metrics": [mean_error, mean_error]}, TrainingError, "Two metrics are called 'mean_error'"),
        ({"metrics": [lambda y, p: 0.0]}, TrainingError, "a function with a name"),
        ({"metrics": ["aurok"]}, DataError, "Did you mean auroc"),
        ({"metrics": [keras.metrics.F1Score(threshold=0.5)]}, TrainingError, "must return one number"),
        ({"metrics": [mean_error], "monitor": "mean_error"}, TrainingError, "monitor_mode='max' or 'min'"),
        ({"loss": keras.losses.MeanSquaredError}, TrainingError, r"Pass MeanSquaredError\("),
        ({"optimizer": 3}, TrainingError, "or a Keras Optimizer; received 3"),
    ],
)  # fmt: skip
def test_objects_that_do_not_fit_are_refused_with_what_to_do(xor, settings, error, message):
    with pytest.raises(error, match=message):
        trained(xor, **settings)


def test_a_model_trains_on_with_plain_keras_and_the_same_optimizer(xor):
    model, own = get_model("mlp", dataset=xor, seed=0, dropout=0.2), keras.optimizers.Adam(0.01)
    before = {name for name in vars(model) if "deepbio" not in name}
    states = [v.numpy() for v in model.non_trainable_variables if "seed_generator" in v.path]
    fit(model, xor, optimizer=own, **PLAIN)
    assert {name for name in vars(model) if "deepbio" not in name} - before <= {"history", "stop_training"}
    assert not model.compiled
    for state, value in zip(
        (v for v in model.non_trainable_variables if "seed_generator" in v.path), states, strict=True
    ):
        np.testing.assert_array_equal(state.numpy(), value)
    model.compile(own, loss=keras.losses.BinaryCrossentropy(from_logits=True), metrics=["accuracy"])
    history = model.fit(xor.train.x, xor.train.y, epochs=3, batch_size=64, verbose=0).history
    assert history["loss"][-1] < history["loss"][0]
    assert int(own.iterations.numpy()) == 21
    fit(model, xor, **PLAIN)
    assert model.compiled
    assert model.optimizer is own  # the user's compiled state comes back
    assert model.evaluate(xor.valid.x, xor.valid.y, verbose=0, return_dict=True)["loss"] > 0


def test_a_fine_tuned_model_can_be_trained_in_full_by_plain_keras(xor):
    inputs = keras.Input((2,))
    hidden = keras.layers.Dense(8, activation="relu", name="hidden")
    x = keras.layers.Dense(8, name="fixed")(keras.layers.Dropout(0.1)(hidden(inputs)))
    model = keras.Model(inputs, keras.layers.Dense(1)(x))
    model.get_layer("fixed").trainable = False  # by the user, and so it stays
    start = hidden.get_weights()[0]
    deepbio.finetune(model, xor, head="keep", freeze="hidden", epochs=1, verbose=False)
    np.testing.assert_array_equal(hidden.get_weights()[0], start)
    assert {layer.name for layer in model.layers if not layer.trainable} == {"fixed"}
    model.compile("sgd", loss=keras.losses.BinaryCrossentropy(from_logits=True))
    model.fit(xor.train.x, xor.train.y, verbose=0)
    assert (hidden.get_weights()[0] != start).any()


def test_a_run_that_fails_leaves_the_model_as_it_was(xor):
    class Stop(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            raise KeyboardInterrupt

    inputs = keras.Input((2,))
    model = keras.Model(inputs, keras.layers.Dense(1, name="head")(keras.layers.Dense(8, name="hidden")(inputs)))
    with pytest.raises(KeyboardInterrupt):
        deepbio.finetune(model, xor, head="keep", freeze="hidden", callbacks=[Stop()], verbose=False)
    assert all(layer.trainable for layer in model.layers)
    assert "optimizer" not in vars(model)


def test_a_recipe_with_keras_objects_trains_the_same_weights_again(xor, tmp_path):
    objects = {
        "optimizer": Halved(decaying(), momentum=0.9),
        "loss": Squared(),
        "metrics": [keras.metrics.AUC(name="auc"), "f1"],
    }
    run = trained(xor, out=tmp_path / "run", **objects)
    recipe = yaml.safe_load((tmp_path / "run" / "recipe.yaml").read_text())
    assert recipe["training"]["optimizer"]["registered_name"] == "tests>Halved"
    assert "not_reproducible" not in recipe["training"]
    again = CliRunner().invoke(
        app, ["fit", "--recipe", str(tmp_path / "run/recipe.yaml"), "--out", str(tmp_path / "again")]
    )
    assert again.exit_code == 0, again.output
    assert weights_hash(get_model(tmp_path / "again")) == weights_hash(run.model)


def test_what_cannot_be_stored_is_named_and_training_from_such_a_recipe_is_refused(xor, tmp_path):
    run = trained(xor, out=tmp_path / "run", loss=squared, metrics=[Positives()], epochs=1)
    training = yaml.safe_load((tmp_path / "run" / "recipe.yaml").read_text())["training"]
    assert training["not_reproducible"].keys() == {"loss", "metrics"}
    assert training["not_reproducible"]["loss"].endswith("test_keras_objects.squared")
    assert not {"loss", "metrics"} & training.keys()
    refused = CliRunner().invoke(
        app, ["fit", "--recipe", str(tmp_path / "run/recipe.yaml"), "--out", str(tmp_path / "again")]
    )
    assert isinstance(refused.exception, TrainingError) or refused.exit_code == 2
    assert "not reproducible" in f"{refused.output} {refused.exception}"
    model = get_model("mlp", dataset=xor, seed=0, units=(8,))
    fit(model, xor, verbose=False, **{**training, "loss": squared, "metrics": [Positives()]})
    assert weights_hash(model) == weights_hash(run.model)


@keras.saving.register_keras_serializable("tests")
class Forgetful(keras.losses.Loss):
    """A loss without `get_config`, which would come back with its default."""

    def __init__(self, factor=1.0, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor

    def call(self, y_true, y_pred):
        return self.factor * squared(y_true, y_pred)


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        (keras.losses.Huber(), True), (keras.losses.Huber(delta=2.0), False), (Forgetful(), True), (Forgetful(2.0), False),
        (keras.losses.mean_squared_error, True), (squared, False), (keras.metrics.MeanMetricWrapper(squared), False),
        (keras.optimizers.AdamW(decaying(), weight_decay=0.1), True), (lambda y, p: y, False),
    ],
)  # fmt: skip
def test_what_a_config_would_lose_counts_as_not_stored(value, stored):
    assert (to_config(value) is not None) == stored


def test_no_code_of_a_file_is_loaded():
    for config in (
        {"module": "os", "class_name": "system", "config": {}, "registered_name": None},
        {"module": "builtins", "class_name": "function", "config": "eval", "registered_name": "function"},
        {"class_name": "__lambda__", "config": {"value": ["4wIA", None, None]}},
        {"module": None, "class_name": "Mine", "config": {}, "registered_name": "tests>Mine"},
    ):
        with pytest.raises(TrainingError, match="import the module that registers it"):
            from_config(config)


class StopAt(keras.callbacks.Callback):
    """Break a run off after some steps, as a crash would."""

    def __init__(self, steps):
        super().__init__()
        self.left = steps

    def on_train_batch_end(self, batch, logs=None):
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt


@pytest.mark.parametrize("steps", [5, 16])
def test_a_run_with_an_own_optimizer_and_schedule_resumes_exactly(xor, tmp_path, steps):
    settings = {
        **PLAIN, "epochs": 4, "loss": squared, "metrics": [mean_error], "monitor": "mean_error", "monitor_mode": "min", "patience": 3,
        "steps_per_execution": 1,
    }  # fmt: skip

    def run(**options):
        model = get_model("mlp", dataset=xor, seed=0, dropout=0.3)
        return fit(model, xor, optimizer=keras.optimizers.Nadam(decaying(), use_ema=True), **settings, **options)

    whole = run()
    with pytest.raises(KeyboardInterrupt):
        run(out=tmp_path, checkpoint_steps=2, callbacks=[StopAt(steps)])
    resumed = run(out=tmp_path, checkpoint_steps=2, resume=True)
    assert weights_hash(resumed.model) == weights_hash(whole.model)
    for name in ("loss", "val_loss", "learning_rate", "val_mean_error"):
        assert resumed.history[name] == whole.history[name]


def test_another_optimizer_object_is_another_run(xor, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        trained(xor, optimizer=keras.optimizers.SGD(0.1), out=tmp_path, checkpoint_steps=2, callbacks=[StopAt(5)])
    with pytest.raises(TrainingError, match=r"differ in settings\.optimizer\.config\.learning_rate"):
        trained(xor, optimizer=keras.optimizers.SGD(0.2), out=tmp_path, resume=True)


def test_editors_see_every_setting():
    names = {field.name for field in dataclasses.fields(Settings)}
    assert set(TrainingSettings.__annotations__) == names
    keywords = {
        name for name, p in inspect.signature(fit).parameters.items() if p.kind is inspect.Parameter.KEYWORD_ONLY
    }
    assert set(FitOptions.__annotations__) == names | keywords - {"out", "seed", "plan"}
