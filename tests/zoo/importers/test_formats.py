"""The mapping of each format, on tiny files: every variable of the model has a source, and every array is used.

Equality with the authors' code is in test_peers.py.
"""

from pathlib import Path

import h5py
import numpy as np
import pytest

from deepbio.errors import WeightsError
from deepbio.zoo import describe
from deepbio.zoo.importers import import_weights, importer, importers
from deepbio.zoo.importers.fill import variables_by_name
from deepbio.zoo.importers.published_file import PublishedFile


def fresh(shapes):
    """Draw arrays; statistics of normalizations are positive."""
    random = np.random.Generator(np.random.Philox(7))
    drawn = {name: random.normal(size=shape).astype(np.float32) * 0.3 for name, shape in shapes.items()}
    return {name: np.abs(a) + 0.5 if "var" in name else a for name, a in drawn.items()}


def norm(name, n):
    return {f"{name}.{part}": (n,) for part in ("weight", "bias", "running_mean", "running_var")}


def conv(name, *shape, bias=True):
    return {f"{name}.weight": shape, **({f"{name}.bias": shape[:1]} if bias else {})}


def openspliceai():
    shapes = conv("initial_conv", 3, 4, 1) | conv("initial_skip.conv", 3, 3, 1) | conv("final_conv", 3, 3, 1)
    for i in range(4):
        for part in (1, 2):
            unit = f"residual_units.{i}"
            shapes |= norm(f"{unit}.batchnorm{part}", 3) | conv(f"{unit}.conv{part}", 3, 3, 11)
    return shapes | conv("residual_units.4.conv", 3, 3, 1)


def pangolin():
    shapes = conv("conv1", 2, 4, 1) | conv("skip", 2, 2, 1)
    for i, width in enumerate([11] * 8 + [21] * 4 + [41] * 4):
        for part in (1, 2):
            shapes |= norm(f"resblocks.{i}.bn{part}", 2) | conv(f"resblocks.{i}.conv{part}", 2, 2, width)
    for i in range(4):
        shapes |= conv(f"convs.{i}", 2, 2, 1)
    for i in range(1, 9):
        shapes |= conv(f"conv_last{i}", 2 if i % 2 else 1, 2, 1)
    return shapes


def torchxrayvision():
    shapes = conv("features.conv0", 4, 1, 7, 7, bias=False) | norm("features.norm0", 4)
    for layer, width in (("1.denselayer1", 4), ("1.denselayer2", 6), ("2.denselayer1", 4)):
        name = f"features.denseblock{layer}"
        shapes |= norm(f"{name}.norm1", width) | conv(f"{name}.conv1", 8, width, 1, 1, bias=False)
        shapes |= norm(f"{name}.norm2", 8) | conv(f"{name}.conv2", 2, 8, 3, 3, bias=False)
    shapes |= norm("features.transition1.norm", 8) | conv("features.transition1.conv", 4, 8, 1, 1, bias=False)
    return shapes | norm("features.norm5", 6) | conv("classifier", 18, 6)


def timm_resnet():
    shapes = conv("conv1", 2, 3, 7, 7, bias=False) | norm("bn1", 2) | conv("fc", 5, 16)
    for stage in range(4):
        for block in range(2):
            name, width = f"layer{stage + 1}.{block}", 2 * 2**stage
            before = width // 2 if stage and not block else width
            shapes |= conv(f"{name}.conv1", width, before, 3, 3, bias=False) | norm(f"{name}.bn1", width)
            shapes |= conv(f"{name}.conv2", width, width, 3, 3, bias=False) | norm(f"{name}.bn2", width)
            if before != width:
                shapes |= conv(f"{name}.downsample.0", width, before, 1, 1, bias=False)
                shapes |= norm(f"{name}.downsample.1", width)
    return shapes


def kipoi_basset():
    shapes = conv("0", 5, 4, 19, 1) | conv("4", 4, 5, 11, 1) | conv("8", 3, 4, 7, 1)
    shapes |= norm("1", 5) | norm("5", 4) | norm("9", 3) | norm("14", 6) | norm("18", 7)
    return shapes | conv("13.1", 6, 30) | conv("17.1", 7, 6) | conv("21.1", 2, 7)


def kipoi_deepsea():
    shapes = conv("1.0", 5, 4, 1, 8) | conv("1.4", 4, 5, 1, 8) | conv("1.8", 3, 4, 1, 8)
    return shapes | conv("1.12.1", 6, 3 * 53) | conv("1.14.1", 2, 6)


TORCH = [openspliceai, pangolin, torchxrayvision, timm_resnet, kipoi_basset, kipoi_deepsea]


@pytest.mark.parametrize("shapes", TORCH, ids=lambda function: function.__name__)
def test_every_array_has_its_place_and_a_renamed_one_is_named(shapes, tmp_path):
    arrays, format = fresh(shapes()), shapes.__name__
    np.savez(tmp_path / "w.npz", **arrays)
    model = import_weights(format, tmp_path / "w.npz")
    record = describe(model)
    assert record.architecture in importer(format).architectures
    assert record.task is not None
    assert record.task.outputs == model.output_shape[-1]
    sums = {path: float(np.sum(v, dtype=np.float64)) for path, v in variables_by_name(model).items()}
    folded = ("head/",) if format == "pangolin" else ()  # differences of two logits
    theirs = [float(a.sum(dtype=np.float64)) for name, a in arrays.items() if not (folded and "conv_last" in name)]
    np.testing.assert_allclose(
        sorted(v for p, v in sums.items() if not p.startswith(folded or "?")), sorted(theirs), atol=1e-4
    )
    name = next(reversed(arrays))
    renamed = {key: array for key, array in arrays.items() if key != name}
    renamed[f"{name}2"] = arrays[name]
    np.savez(tmp_path / "w.npz", **renamed)  # type: ignore[arg-type]
    with pytest.raises(WeightsError, match=rf"{name.replace('.', '[.]')}"):
        import_weights(format, tmp_path / "w.npz")


@pytest.mark.parametrize("shapes", TORCH, ids=lambda function: function.__name__)
def test_a_file_fits_the_signature_of_its_own_format_only(shapes):
    import fnmatch

    names = list(shapes())
    fitting = [form.name for form in importers().values() if all(fnmatch.filter(names, one) for one in form.signature)]
    assert fitting == [shapes.__name__]


def test_the_thresholds_of_torchxrayvision_are_those_of_the_published_file(tmp_path):
    file = tmp_path / "nih-pc-chex-mimic_ch-google-openi-kaggle-densenet121.npz"
    np.savez(file, allow_pickle=False, **fresh(torchxrayvision()))
    points = describe(import_weights("torchxrayvision", file)).postprocessing
    assert points is not None
    assert points.thresholds[:2] == (0.07422872, 0.038290843)  # model_urls["all"] of torchxrayvision 1.5.7
    other = file.with_name("nih-densenet121.npz")
    file.rename(other)
    record = describe(import_weights("torchxrayvision", other))
    assert record.postprocessing is not None
    assert record.postprocessing.thresholds[-1] == 1.0
    assert record.task is not None
    assert record.task.labels[-1] == "Enlarged Cardiomediastinum (untrained)"


def keras2(path, layers):
    """Write weights as Keras 2 did: `LAYER/LAYER/variable:0`."""
    with h5py.File(path, "w") as file:
        for where, variables in layers.items():
            for variable, array in variables.items():
                file[f"{where}/{variable}:0"] = array


def deepstarr_layers(filters=(4, 3, 3, 2), units=(6, 5)):
    random, layers, before, width = np.random.Generator(np.random.Philox(3)), {}, 4, (7, 3, 5, 3)
    names = ["Conv1D_1st", "Conv1D_2", "Conv1D_3", "Conv1D_4", "Dense_1", "Dense_2", "Dense_Dev", "Dense_Hk"]
    for i, (name, n) in enumerate(zip(names, (*filters, *units, 1, 1), strict=True)):
        rows = {4: 15 * filters[-1], 7: units[-1]}.get(i, before)
        shape = (width[i], rows, n) if i < 4 else (rows, n)
        layers[f"{name}/{name}"] = {"kernel": random.normal(size=shape), "bias": random.normal(size=n)}
        before = n
        if i < 6:
            bn = f"batch_normalization_{i + 8}"  # numbers go on from models built before
            layers[f"{bn}/{bn}"] = {
                part: np.full(n, i + 0.5) for part in ("gamma", "beta", "moving_mean", "moving_variance")
            }
    return layers


def test_deepstarr_orders_its_normalizations_by_number_and_joins_its_heads(tmp_path):
    layers = deepstarr_layers()
    keras2(tmp_path / "DeepSTARR.model.h5", layers)
    model = import_weights("deepstarr", tmp_path / "DeepSTARR.model.h5")
    got = variables_by_name(model)
    assert [float(got[f"{name}_norm/gamma"][0]) for name in ("conv_1", "conv_4", "dense_2")] == [0.5, 3.5, 5.5]
    heads = [layers[f"Dense_{task}/Dense_{task}"]["kernel"][:, 0] for task in ("Dev", "Hk")]
    np.testing.assert_allclose(got["head/kernel"], np.stack(heads, axis=1), rtol=1e-6)


def bpnet_layers(prefix, where, filters, depth):
    random = np.random.Generator(np.random.Philox(filters))
    names = {f"{prefix}bpnet_1st_conv": (21, 4, filters)}
    names |= {f"{prefix}bpnet_{i}conv": (3, filters, filters) for i in range(1, depth + 1)}
    names |= {
        f"{prefix}bpnet_prof_out_precrop" if prefix else "prof_out_precrop": (75, filters, 1),
        f"{prefix}bpnet_logcount_predictions" if prefix else "logcount_predictions": (filters, 1),
    }
    return {
        f"{where or name}/{name}": {"kernel": random.normal(size=shape) * 0.1, "bias": random.normal(size=shape[-1])}
        for name, shape in names.items()
    }


def test_chrombpnet_is_the_sum_of_its_two_networks_in_log_space(tmp_path):
    both = bpnet_layers("wo_bias_", "model_wo_bias", 6, 3) | bpnet_layers("", "model_1", 4, 2)
    keras2(tmp_path / "chrombpnet.h5", {f"model_weights/{name}": parts for name, parts in both.items()})
    keras2(tmp_path / "chrombpnet_nobias.h5", bpnet_layers("wo_bias_", "", 6, 3))
    keras2(tmp_path / "bias_model_scaled.h5", bpnet_layers("", "", 4, 2))
    codes = np.random.Generator(np.random.Philox(1)).integers(0, 5, (2, 160)).astype(np.uint8)
    rates = {}
    for name in ("chrombpnet", "chrombpnet_nobias", "bias_model_scaled"):
        model = import_weights("chrombpnet", tmp_path / f"{name}.h5", length=160)
        rates[name] = np.asarray(model.predict_on_batch(codes), np.float64)[..., 0]
    positions = rates["chrombpnet"].shape[1]
    extra = (rates["bias_model_scaled"].shape[1] - positions) // 2
    totals = {name: np.log(np.exp(one).sum(axis=1)) for name, one in rates.items()}
    np.testing.assert_allclose(
        totals["chrombpnet"], np.logaddexp(totals["chrombpnet_nobias"], totals["bias_model_scaled"]), atol=1e-5
    )
    profile = rates["chrombpnet_nobias"] + rates["bias_model_scaled"][:, extra : extra + positions]
    difference = profile - rates["chrombpnet"]
    np.testing.assert_allclose(difference, difference.mean(axis=1, keepdims=True) + 0 * difference, atol=1e-4)


def test_a_layer_that_is_there_twice_is_an_error(tmp_path):
    layers = bpnet_layers("", "", 4, 2)
    keras2(tmp_path / "w.h5", layers | {f"again/{name}": parts for name, parts in layers.items()})
    with pytest.raises(WeightsError, match="2 arrays bpnet_1st_conv/kernel"):
        import_weights("chrombpnet", tmp_path / "w.h5", length=160)


def test_a_published_file_says_which_array_it_lacks(tmp_path):
    file = PublishedFile(tmp_path / "x.pt", "torch", {"fc.weight": np.zeros((2, 2))})
    assert file.shape("fc.weight") == (2, 2)
    with pytest.raises(WeightsError, match=r"has no array 'fc.wieght'.*Did you mean fc.weight"):
        file.shape("fc.wieght")


def test_each_row_of_the_page_of_published_weights_states_the_facts_of_its_format():
    page = (Path(__file__).resolve().parents[3] / "docs/published_weights.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| [`")]
    assert {row.split("`")[1] for row in rows} == set(importers())
    for row in rows:
        one = importer(row.split("`")[1])
        assert all(fact in row for fact in (one.repository, one.citation, one.get, one.licence or "not stated"))
