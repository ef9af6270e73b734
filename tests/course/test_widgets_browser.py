"""The widgets in a real browser, from a file and without a network: they move, and what they show is what Python computes."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from scipy.signal import correlate2d
from sklearn.linear_model import LogisticRegression

from deepbio.course.widgets import WIDGETS
from deepbio.course.widgets.networks import attack, digits, figures, keras_network, load_networks, on_canvas
from tests.course.widget_cases import content, preset_of_findings

pytestmark = pytest.mark.browser
NAMES = [widget.name for widget in WIDGETS]


@pytest.fixture
def show(tab, folder):
    """Open a widget; afterwards no script has failed and nothing but the page was requested."""

    def opened(name, **options):
        tab.open(folder / f"{name}.html", **options)
        return tab

    yield opened
    assert tab.errors == []
    assert all(url.startswith((folder.as_uri(), "blob:")) for url in tab.asked)


def test_requests_to_the_outside_would_be_seen_and_fail(tab, tmp_path):
    page = tmp_path / "outside.html"
    page.write_text('<img id="a" src="http://example.org/x.png">')
    tab.open(page)
    assert "http://example.org/x.png" in tab.asked
    assert any("ERR_NAME_NOT_RESOLVED" in error for error in tab.errors)


def test_the_perceptron_fails_on_xor_and_learns_it_with_the_product(show):
    tab = show("perceptron")
    tab.click("#run")
    assert tab.text("#verdict").startswith("Converged after 17 updates")
    tab.click("#preset input[value=xor]")
    for _ in range(7):
        tab.click("#step")
    w, b = np.zeros(2), 0.0
    for point in content("perceptron")["presets"]["xor"][:7]:
        if point["y"] * (w @ point["x"] + b) <= 0:
            w, b = w + point["y"] * np.array(point["x"]), b + point["y"]
    assert tab.run("[...widget.state.w, widget.state.b]") == [*w, b]
    tab.click("#run")
    assert "the weights are those after pass 1 again" in tab.text("#verdict")
    assert tab.text("#epochs") == "9"
    tab.click("#inputs input[value=product]")
    tab.click("#run")
    assert tab.text("#verdict").startswith("Converged")
    assert tab.text("#errors") == "0 of 12"


def test_points_are_put_and_removed_with_the_pointer_and_the_keyboard(show):
    tab = show("perceptron")
    tab.click("#preset input[value=empty]")
    tab.drag("#plane", tuple(tab.run("widget.at([0.5, -0.25])")))
    tab.click("#class input[value='-1']")
    tab.focus("#plane")
    tab.press("ArrowLeft", "ArrowUp", "Space")
    tab.press("ArrowRight", "Space", shift=True)
    assert tab.run("widget.points") == [
        {"x": [0.5, -0.25], "y": 1},
        {"x": [-0.125, 0.125], "y": -1},
        {"x": [0.375, 0.125], "y": -1},
    ]
    tab.press("Space")
    tab.drag("#plane", tuple(tab.run("widget.at([0.5, -0.25])")))
    assert len(tab.run("widget.points")) == 1


def test_the_logistic_unit_shows_the_likelihood_of_its_weights(show):
    tab = show("logistic")
    x, y = np.array(content("logistic")["x"]), np.array(content("logistic")["y"])

    def likelihood():
        w, b = tab.run("[widget.state.w, widget.state.b]")
        p = 1 / (1 + np.exp(-(w * x + b)))
        return np.log(np.where(y, p, 1 - p)).sum()

    tab.set("#w", 0)
    assert tab.text("#likelihood") == "3.64 × 10⁻¹²"  # 0.5 ** 38
    for move in (
        lambda: tab.set("#w", 2.5),
        lambda: tab.set("#b", -1),
        lambda: tab.drag("#surface", (200, 120), (260, 150)),
        lambda: tab.drag("#curve", (200, 150), (240, 130)),
        lambda: (tab.focus("#curve"), tab.press("ArrowUp", "ArrowLeft")),
        lambda: tab.click("#step"),
    ):
        before = tab.run("widget.state.value")
        move()
        assert tab.run("widget.state.value") != before
        assert tab.run("widget.state.value") == pytest.approx(likelihood(), rel=1e-9)
        assert tab.text("#log-likelihood").replace("−", "-") == f"{likelihood():.3f}"
    model = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(x[:, None], y)
    for button in ("#run", "#maximum"):
        tab.click(button)
        found = tab.run("[widget.state.w, widget.state.b]")
        np.testing.assert_allclose(found, [model.coef_[0, 0], model.intercept_[0]], rtol=1e-3)
    np.testing.assert_allclose(found, [model.coef_[0, 0], model.intercept_[0]], rtol=1e-5)
    assert tab.text("#verdict").startswith("This is the maximum")


def test_paths_of_the_optimizers_are_those_of_keras(show):
    tab = show("descent")
    tab.set("#rate", -2)
    tab.drag("#map", (300, 200))
    for _ in range(25):
        tab.click("#step")
    start, settings = tab.run("widget.start"), tab.run("widget.settings()")
    assert start != [-3.5, 1.8]
    for name, optimizer in (
        ("sgd", keras.optimizers.SGD(settings["rate"])),
        ("momentum", keras.optimizers.SGD(settings["rate"], momentum=settings["momentum"])),
        ("adam", keras.optimizers.Adam(settings["rate"])),
    ):
        point = keras.Variable(start, dtype="float64")
        optimizer.build([point])
        for _ in range(25):
            x, y = point.numpy()
            optimizer.apply([tf.constant([x, 10 * y])])
        np.testing.assert_allclose(tab.run(f"widget.runs.{name}.state.point"), point.numpy(), atol=1e-5)


def test_a_learning_rate_above_the_limit_is_seen_to_diverge(show):
    tab = show("descent")
    for check in ("#use-momentum", "#use-adam"):
        tab.click(check)
    tab.set("#rate", -0.71)  # 0.195
    tab.click("#run")
    assert tab.text("#verdict") == "The slope has vanished for gradient descent."
    tab.set("#rate", -0.69)  # 0.204
    tab.click("#run")
    assert tab.text("#verdict").startswith("Diverged: gradient descent.")
    assert tab.text("#adam") == "off"


def test_the_output_of_an_edited_filter_is_that_of_scipy(show):
    tab = show("convolution")
    tab.set("#kernel input:nth-child(5)", "0.75")
    picture, kernel = np.reshape(tab.run("widget.picture"), (64, 64)), np.reshape(tab.run("widget.kernel"), (3, 3))
    assert kernel[1, 1] == 0.75
    expected = correlate2d(picture, kernel, mode="valid")
    np.testing.assert_allclose(tab.run("widget.output.values"), expected.ravel(), atol=1e-12)
    tab.focus("#input")
    tab.press("ArrowRight", "ArrowDown")
    assert tab.text("#sum").startswith("Row 28, column 42:")
    assert tab.text("#sum").replace("−", "-").endswith(f"= {expected[26, 40]:.3f}")
    tab.click("#relu")
    tab.click("#pooling input[value=max]")
    pooled = keras.layers.MaxPooling2D(2, dtype="float64")(np.maximum(expected, 0)[None, ..., None])
    np.testing.assert_allclose(tab.run("widget.output.values"), np.ravel(pooled), atol=1e-12)
    tab.click("#size input[value='5']")
    assert tab.text("#output-title") == "Output, 30 × 30"
    assert np.reshape(tab.run("widget.kernel"), (5, 5))[2, 2] == 0.75


def test_a_picture_of_the_readers_is_read_and_a_wrong_file_is_refused(show, tmp_path):
    tab = show("convolution")
    pixels = np.random.default_rng(0).integers(0, 256, (64, 64), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    (tmp_path / "b.png").write_text("no picture")
    root = tab.call("DOM.getDocument")["root"]["nodeId"]
    field = tab.call("DOM.querySelector", nodeId=root, selector="#file")["nodeId"]
    tab.call("DOM.setFileInputFiles", files=[str(tmp_path / "a.png")], nodeId=field)
    tab.until(f"Math.abs(widget.picture[0] - {pixels[0, 0] / 255}) < 0.01")
    np.testing.assert_allclose(tab.run("widget.picture"), pixels.ravel() / 255, atol=1.1 / 255)
    tab.call("DOM.setFileInputFiles", files=[str(tmp_path / "b.png")], nodeId=field)
    tab.until("document.getElementById('verdict').textContent.includes('cannot read this file')")


def _probabilities(name, size, picture):
    logits = keras_network(load_networks()[name], size)(np.asarray(picture, np.float32)[None])
    return np.asarray(keras.ops.softmax(logits))[0]


def test_three_networks_see_the_shifted_digit_as_in_keras(show):
    tab = show("shift")
    assert tab.text("#verdict").startswith("In the middle: named correctly by the MLP, the augmented MLP, the CNN")
    tab.click("#digit input[value='7']")
    tab.click("#right")
    tab.focus("#picture")
    tab.press("ArrowRight", "ArrowUp")
    tab.drag("#picture", (150, 150), (150, 150 - tab.run("document.getElementById('picture').clientWidth") / 16))
    assert tab.run("widget.state") == {"index": 7, "right": 2, "down": -2}
    digit = np.asarray(digits().test.x)[figures()["pictures"][7]][None]
    for name in ("mlp", "mlp_augmented", "cnn"):
        expected = _probabilities(f"shift_{name}", 16, on_canvas(digit, 2, -2)[0] / 255)
        np.testing.assert_allclose(tab.run(f"widget.named('{name}', 2, -2).p"), expected, atol=1e-5)
        assert tab.text(f"#{name}-named b").split()[0] == str(expected.argmax())
        accuracy = figures()["accuracy"][f"shift_{name}"]
        assert tab.text(f"#{name}-accuracy").startswith(f"Accuracy at this shift: {100 * accuracy[2][6]:.1f}%")
    tab.click("#run")  # with reduced motion: all the way round at once
    assert tab.run("[widget.state.right, widget.state.down]") != [2, -2]


@pytest.mark.parametrize("network", ["mlp", "cnn", "cnn_robust"])
def test_the_smallest_budget_that_flips_is_that_of_tensorflow(show, network):
    tab = show("attack")
    tab.click(f"#network input[value={network}]")
    tab.click("#digit input[value='5']")
    tab.click("#method input[value='10']")
    tab.click("#flip")
    budget = tab.run("Number(document.getElementById('epsilon').value)")
    picture, model = np.asarray(digits().test.x)[figures()["pictures"][5]][None], load_networks()[f"attack_{network}"]
    exact = keras_network(model, 8, "float64")
    attacked, right = attack(exact, picture, np.array([5]), budget / 255, 10)
    assert not right[0]
    assert attack(exact, picture, np.array([5]), (budget - 1) / 255, 10)[1][0]
    np.testing.assert_allclose(tab.run("widget.after"), attacked.ravel(), atol=1e-9)
    expected = _probabilities(f"attack_{network}", 8, attacked[0])
    np.testing.assert_allclose(tab.run("widget.named(widget.after).p"), expected, atol=1e-5)
    assert f"the 5 is called a {expected.argmax()}" in tab.text("#verdict")
    tab.click("#method input[value=noise]")
    assert tab.text("#verdict").startswith("Still a 5")


def test_findings_are_ranked_as_by_the_preset(show):
    from deepbio import predict

    tab, labels = show("findings"), content("findings")["labels"]
    model, encode = preset_of_findings()

    def ranked():
        p = predict(model, encode([tab.run("widget.tokens()")]))[0]
        np.testing.assert_allclose(tab.run("widget.probabilities()"), p, atol=1e-5)
        assert tab.text("#ranked li:first-child button span") == labels[p.argmax()]
        return labels[p.argmax()]

    assert ranked() == "Kawasaki disease"
    tab.click(".finding input[name=hp0031042][value=no]")  # no strawberry tongue
    assert tab.text("#parts").count("no strawberry tongue") == 1
    ranked()
    tab.click("#note input[value=farm]")
    tab.click(".finding input[name=ownrawmilk][value=yes]")
    tab.set("#age", "old age")
    ranked()
    tab.click("#ranked li:nth-child(2) button")
    assert tab.text("#parts-title") == "Evidence for " + tab.text("#ranked li:nth-child(2) button span")
    tab.click("#note input[value=empty]")
    assert "too little to judge" in tab.text("#verdict")
    ranked()
