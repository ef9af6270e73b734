"""The JavaScript of the widgets, run in Node: the same numbers as NumPy, SciPy, scikit-learn, Keras and deepbio."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.signal import correlate2d
from sklearn.linear_model import LogisticRegression, Perceptron
from sklearn.metrics import log_loss

from deepbio.course.widgets import networks as trained
from deepbio.course.widgets.networks import digits, figures, keras_network, layers_of, load_networks
from tests.course.widget_cases import content, javascript, preset_of_findings

TRACE = """(() => {
  let state = perceptronStart(product);
  const passes = [];
  while (!state.verdict) {
    const before = state.epoch;
    state = perceptronStep(state, points);
    if (state.epoch > before) passes.push([...state.w, state.b]);
  }
  return { passes, verdict: state.verdict, cycle: state.cycle, updates: state.updates };
})()"""


@pytest.mark.parametrize(
    ("preset", "product", "verdict"),
    [
        ("separable", False, "converged"),
        ("xor", False, "cycle"),
        ("xor", True, "converged"),
        ("outlier", False, "cycle"),
    ],
)
def test_every_pass_of_the_perceptron_is_that_of_scikit_learn(preset, product, verdict):
    points = content("perceptron")["presets"][preset]
    found = javascript(TRACE, points=points, product=product)
    x, y = np.array([p["x"] for p in points]), np.array([p["y"] for p in points])
    x = np.column_stack([x, x[:, 0] * x[:, 1]]) if product else x
    model = Perceptron(shuffle=False)
    for weights in found["passes"][:12]:
        model.partial_fit(x, y, classes=[-1, 1])
        np.testing.assert_array_equal(weights, np.append(model.coef_, model.intercept_))  # type: ignore[arg-type]
    assert found["verdict"] == verdict
    assert (model.score(x, y) == 1) == (verdict == "converged")
    if verdict == "cycle":
        first, last = found["cycle"]
        start = [[0] * (x.shape[1] + 1), *found["passes"]]
        assert start[first] == start[last]


def test_likelihood_and_gradient_of_the_logistic_unit_are_those_of_autodiff():
    x, y = (np.array(content("logistic")[name], np.float64) for name in "xy")
    found = javascript(
        "[logLikelihood(w, b, x, y), ...logisticGradient(w, b, x, y)]", w=3.1, b=-0.7, x=x.tolist(), y=y.tolist()
    )
    w, b = tf.constant(3.1, tf.float64), tf.constant(-0.7, tf.float64)
    with tf.GradientTape() as tape:
        tape.watch([w, b])
        value = -tf.reduce_sum(tf.nn.sigmoid_cross_entropy_with_logits(y, w * x + b))
    gradient = tape.gradient(value, [w, b])
    np.testing.assert_allclose(found, np.stack([value, *gradient]), rtol=1e-12)  # type: ignore[arg-type]
    p = 1 / (1 + np.exp(-(3.1 * x - 0.7)))
    assert found[0] == pytest.approx(-len(y) * log_loss(y, p), rel=1e-12)


def test_the_maximum_of_the_likelihood_is_that_of_scikit_learn():
    x, y = content("logistic")["x"], content("logistic")["y"]
    model = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(np.reshape(x, (-1, 1)), y)
    np.testing.assert_allclose(
        javascript("logisticMaximum(x, y)", x=x, y=y), [model.coef_[0, 0], model.intercept_[0]], rtol=1e-6
    )


KERAS_SURFACES = {
    "bowl": lambda x, y: (x**2 + 10 * y**2) / 2,
    "valley": lambda x, y: ((1 - x) ** 2 + 20 * (y - x**2) ** 2) / 10,
    "minima": lambda x, y: (x**2 - 1) ** 2 + 0.3 * x + y**2,
    "saddle": lambda x, y: x**4 / 4 - x**2 / 2 + y**2,
}


@pytest.mark.parametrize("method", ["sgd", "momentum", "adam"])
def test_sixty_steps_on_each_surface_are_those_of_keras(method):
    steps = """Object.fromEntries(Object.entries(SURFACES).map(([name, s]) => {
      let state = descentStart(s.start);
      const path = [];
      for (let i = 0; i < 60; i += 1) {
        state = descentStep(method, state, s.g, { rate, momentum: 0.8 });
        path.push([...state.point, s.f(...state.point)]);
      }
      return [name, { start: s.start, path }];
    }))"""
    rate = 2.0**-6  # the same in float32, in which Keras keeps the learning rate
    found = javascript(steps, method=method, rate=rate)
    assert found.keys() == KERAS_SURFACES.keys()
    for name, surface in KERAS_SURFACES.items():
        optimizer = {
            "sgd": lambda: keras.optimizers.SGD(rate),
            "momentum": lambda: keras.optimizers.SGD(rate, momentum=0.8),
            "adam": lambda: keras.optimizers.Adam(rate),
        }[method]()
        point, path = keras.Variable(found[name]["start"], dtype="float64"), []
        optimizer.build([point])
        for _ in range(60):
            with tf.GradientTape() as tape:
                loss = surface(point.value[0], point.value[1])
            optimizer.apply([tape.gradient(loss, point.value)])
            path.append(point.numpy())
        walked = np.array(found[name]["path"])
        np.testing.assert_allclose(walked[:, :2], path, rtol=1e-5, atol=1e-5)  # Keras rounds 0.999 of Adam to float32
        np.testing.assert_allclose(walked[:, 2], surface(*walked[:, :2].T), rtol=1e-12)


def test_gradient_descent_on_the_bowl_diverges_above_its_limit_and_not_below():
    last = """[0.199, 0.201].map(rate => {
      let state = descentStart(SURFACES.bowl.start);
      for (let i = 0; i < 500; i += 1) state = descentStep("sgd", state, SURFACES.bowl.g, { rate });
      return Math.abs(state.point[1]);
    })"""
    below, above = javascript(last)
    assert below < 1.8 * 0.991**500
    assert above > 1.8 * 1.009**500


@pytest.mark.parametrize("size", [3, 5])
@pytest.mark.parametrize("border", [False, True])
def test_convolution_is_the_correlation_of_scipy(size, border):
    random = np.random.default_rng(0)
    picture, kernel = random.uniform(size=(9, 8)), random.normal(size=(size, size))
    given = {"picture": picture.ravel().tolist(), "kernel": kernel.ravel().tolist(), "size": size, "border": border}
    expected = correlate2d(picture, kernel, mode="same" if border else "valid")
    for stride in (1, 2):
        found = javascript("convolve(picture, 8, kernel, size, stride, border)", stride=stride, **given)
        strided = expected[::stride, ::stride]
        assert found["width"] == strided.shape[1]
        np.testing.assert_allclose(found["values"], strided.ravel(), rtol=1e-12, atol=1e-12)


def test_stride_and_pooling_are_those_of_keras():
    random = np.random.default_rng(1)
    picture, kernel = random.uniform(size=(11, 9)), random.normal(size=(3, 3))
    x = picture[None, ..., None]
    layers = {
        "convolve(p, 9, k, 3, 2, false)": keras.ops.conv(x, kernel[..., None, None], strides=2, padding="valid"),
        "pool(p, 9, 'max')": keras.layers.MaxPooling2D(2, dtype="float64")(x),
        "pool(p, 9, 'mean')": keras.layers.AveragePooling2D(2, dtype="float64")(x),
    }
    for expression, expected in layers.items():
        found = javascript(expression, p=picture.ravel().tolist(), k=kernel.ravel().tolist())
        assert found["width"] == expected.shape[2]
        np.testing.assert_allclose(found["values"], np.ravel(expected), rtol=1e-6)


def _cases(prefix):
    page = content(prefix)
    pictures = np.asarray(digits().test.x)[figures()["pictures"]]
    return page, pictures, np.array(page["labels"])


@pytest.mark.parametrize("name", ["mlp", "mlp_augmented", "cnn"])
def test_logits_of_shifted_digits_are_those_of_keras(name):
    page, pictures, _ = _cases("shift")
    shifts = [(0, 0), (1, 0), (-3, 4), (4, -4)]
    run = """digits.flatMap(text => { const digit = Array.from(atob(text), c => c.charCodeAt(0) / 255), n = networkFrom(network);
      return shifts.map(([r, d]) => networkForward(n, onCanvas(digit, r, d)).logits); })"""
    found = javascript(run, digits=page["digits"], network=page["networks"][name], shifts=shifts)
    network = keras_network(load_networks()[f"shift_{name}"], 16)
    x = np.stack([trained.on_canvas(p[None], r, d)[0] for p in pictures for r, d in shifts]) / 255
    np.testing.assert_allclose(found, network(x.astype(np.float32)), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", ["mlp", "cnn", "cnn_robust"])
def test_gradients_and_attacks_are_those_of_tensorflow(name):
    page, pictures, labels = _cases("attack")
    run = """digits.map((text, i) => { const x = Array.from(atob(text), c => c.charCodeAt(0) / 255), n = networkFrom(network);
      const attacked = steps => networkAttack(n, x, labels[i], 0.1, steps);
      return { gradient: networkGradient(n, x, labels[i]), one: attacked(1), ten: attacked(10) }; })"""
    found = javascript(run, digits=page["digits"], network=page["networks"][name], labels=page["labels"])
    network = keras_network(load_networks()[f"attack_{name}"], 8, "float64")
    x = tf.constant(pictures / 255)
    with tf.GradientTape() as tape:
        tape.watch(x)
        loss = keras.losses.sparse_categorical_crossentropy(labels, network(x), from_logits=True)
    gradient = tape.gradient(loss, x)  # type: ignore[arg-type]
    flat = (len(labels), -1)
    np.testing.assert_allclose([one["gradient"] for one in found], np.reshape(gradient, flat), rtol=1e-5, atol=1e-12)
    for key, steps in (("one", 1), ("ten", 10)):
        attacked, _ = trained.attack(network, pictures, labels, 0.1, steps)
        np.testing.assert_allclose([one[key] for one in found], attacked.reshape(flat), rtol=0, atol=1e-9)


def test_evidence_of_findings_adds_up_to_the_prediction_of_the_preset():
    from deepbio import predict

    page = content("findings")
    model, encode = preset_of_findings()
    random = np.random.default_rng(0)
    notes = [["hp0001945", "hp0030953", "hp0000988", "hp0031042", "hp0025289", "hp0000737", "ownchild", "ownman"]]
    notes += [random.choice(page["tokens"], n, replace=False).tolist() for n in range(1, 30)]
    found = np.array(javascript("notes.map(n => evidenceProbabilities(evidenceFrom(page), n))", page=page, notes=notes))
    np.testing.assert_allclose(found, predict(model, encode(notes)), rtol=0, atol=1e-5)
    assert page["labels"][found[0].argmax()] == "Kawasaki disease"


def test_folded_networks_predict_as_the_models_of_deepbio():
    from deepbio.zoo import get_model

    for model in (
        get_model("mlp", dataset=digits(), seed=3, units=(8,)),
        get_model("image_cnn", dataset=digits(), seed=3, filters=(4, 6)),
    ):
        random = np.random.default_rng(0)
        model.set_weights([w + random.uniform(0.1, 0.5, w.shape).astype(w.dtype) for w in model.get_weights()])
        x = np.asarray(digits().test.x)[:20]
        expected = model(x, training=False)
        found = keras_network(layers_of(model), 8)(x / np.float32(255))
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def test_accuracies_on_the_pages_are_those_of_the_networks():
    found, stored, test = figures(), load_networks(), digits().test
    x, y = np.asarray(test.x), np.asarray(test.y)
    assert found["examples"] == len(y)
    for name, layers in stored.items():
        accuracy = np.array(found["accuracy"][name])
        if name.startswith("shift"):
            network = keras_network(layers, 16)
            for i, j in ((4, 4), (2, 7)):
                moved = trained.on_canvas(x, found["shifts"][j], found["shifts"][i]) / np.float32(255)
                assert accuracy[i, j] == pytest.approx(np.mean(np.argmax(network(moved), 1) == y), abs=1e-4)
        else:
            right = trained.attack(keras_network(layers, 8), x, y, found["epsilons"][4], trained.PGD_STEPS)[1]
            assert accuracy[4] == pytest.approx(
                right.mean(), abs=0.003
            )  # rounding may turn one sign of a tiny gradient
