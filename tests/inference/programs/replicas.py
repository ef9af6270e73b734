"""Predictions by three logical devices beside those of one: prints one line of JSON."""

import json

import keras
import numpy as np

import deepbio
from deepbio.datasets import load_dataset
from deepbio.devices import choose_strategy
from deepbio.inference.forward import _over_replicas
from deepbio.interpret import deep_lift_shap, image_gradients, integrated_gradients, occlusion, saliency
from deepbio.zoo import get_model

strategy = choose_strategy("cpu:3")
generator = np.random.Generator(np.random.Philox(0))
found = {"difference": {}}
INPUTS = {
    "mlp": ((5,), lambda n: generator.normal(size=(n, 5)).astype(np.float32)),
    "dna_cnn": ((60,), lambda n: generator.integers(0, 5, (n, 60), np.uint8)),
    "dna_transformer": ((120,), lambda n: generator.integers(0, 5, (n, 120), np.uint8)),
    "image_cnn": ((16, 16, 1), lambda n: generator.integers(0, 256, (n, 16, 16, 1), np.uint8)),
    "note_lstm": ((12,), lambda n: generator.integers(0, 50, (n, 12), np.int32)),
}


def difference(model, x, **options):
    """Return the largest difference between three devices and one, of the largest output."""
    one = deepbio.predict(model, x, logits=True, strategy="one", **options)
    three = deepbio.predict(model, x, logits=True, strategy=strategy, **options)
    return float(np.abs(one - three).max() / np.abs(one).max())


models = {}
for name, (shape, draw) in INPUTS.items():
    more = {"vocabulary_size": 50} if name == "note_lstm" else {}
    models[name] = model = get_model(name, input_shape=shape, outputs=3, seed=1, **more)
    found["difference"][name] = max(difference(model, draw(n), batch_size=4) for n in (1, 2, 3, 29))
model, x = models["mlp"], INPUTS["mlp"][1](10)
over = _over_replicas(model, strategy)
[graph] = [one.graph for one in over._compiled._list_all_concrete_functions()]
products = [op for op in graph.get_operations() if op.type == "MatMul"]
found["devices"] = sorted({op.device[-5:] for op in products})
found["products"] = len(products) / sum(isinstance(one, keras.layers.Dense) for one in model._flatten_layers())


def changed(change):
    model = get_model("mlp", input_shape=(5,), outputs=3, seed=2)
    before = deepbio.predict(model, x, logits=True, strategy=strategy)
    change(model, [one for one in model._flatten_layers() if isinstance(one, keras.layers.Dense)])
    after = deepbio.predict(model, x, logits=True, strategy=strategy)
    return {"changed": bool(np.abs(after - before).max() > 1e-4), "difference": difference(model, x)}


def add_lora(model, dense):
    dense[0].enable_lora(2)
    dense[0].lora_kernel_b.assign(np.full(dense[0].lora_kernel_b.shape, 0.5, np.float32))


found["weights"] = changed(lambda model, dense: dense[0].kernel.assign(2 * dense[0].kernel))
found["activation"] = changed(lambda model, dense: setattr(dense[0], "activation", keras.activations.tanh))
found["lora"] = changed(add_lora)
found["int8"] = changed(lambda model, dense: dense[0].quantize("int8"))

with strategy.scope():
    inside = get_model("mlp", input_shape=(5,), outputs=3, seed=1)
    dna = get_model("dna_cnn", input_shape=(60,), outputs=3, seed=1)
    image = get_model("image_cnn", input_shape=(16, 16, 1), outputs=3, seed=1)
scoped = deepbio.predict(inside, x, logits=True)
found["in scope"] = float(np.abs(scoped - deepbio.predict(model, x, logits=True, strategy="one")).max())
found["in scope, divided"] = _over_replicas(inside, "auto") is not None
found["empty"] = list(deepbio.predict(model, x[:0], logits=True, strategy=strategy).shape)
found["ensemble"] = difference([model, inside], x)
found["tta"] = difference(models["image_cnn"], INPUTS["image_cnn"][1](10), tta="shift")
data = load_dataset("xor")
model = get_model("mlp", dataset=data, seed=0)
losses = [
    deepbio.evaluate(model, data.test, n_resamples=0, strategy=one)["log_loss"].value for one in ("one", strategy)
]
found["log-loss"] = abs(losses[0] - losses[1])
codes, images = INPUTS["dna_cnn"][1](4), INPUTS["image_cnn"][1](2)
explanations = {
    "saliency": (saliency, "dna_cnn", dna, codes, {}),
    "integrated gradients": (integrated_gradients, "dna_cnn", dna, codes, {"steps": 10}),
    "deep_lift_shap": (deep_lift_shap, "dna_cnn", dna, codes, {"n_references": 5}),
    "image gradients": (image_gradients, "image_cnn", image, images, {"steps": 10}),
    "occlusion": (occlusion, "image_cnn", image, images, {"size": 8, "step": 8}),
}
found["explanations"] = {}
for method, (function, name, divided, values, options) in explanations.items():
    one, three = (function(model, values, target=0, **options) for model in (models[name], divided))
    found["explanations"][method] = float(np.abs(one - three).max() / np.abs(one).max())
print(json.dumps(found))
