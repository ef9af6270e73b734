"""The mapping of each format, on tiny files: every variable of the model has a source, and every array is used.

Equality with the authors' code is in test_peers.py.
"""

from pathlib import Path
from typing import Any

import keras
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


def hyenadna():
    shapes = {"model.backbone.embeddings.word_embeddings.weight": (16, 4)}
    for i in range(2):
        name = f"model.backbone.layers.{i}"
        filter_fn = f"{name}.mixer.filter_fn"
        shapes |= conv(f"{name}.mixer.in_proj", 12, 4) | conv(f"{name}.mixer.out_proj", 4, 4)
        shapes |= conv(f"{name}.mixer.short_filter", 12, 1, 3) | {f"{filter_fn}.bias": (4,)}
        shapes |= conv(f"{filter_fn}.implicit_filter.0", 6, 5) | {f"{filter_fn}.implicit_filter.1.freq": (1, 6)}
        shapes |= conv(f"{filter_fn}.implicit_filter.2", 6, 6) | conv(f"{filter_fn}.implicit_filter.4", 6, 6)
        shapes |= conv(f"{filter_fn}.implicit_filter.6", 4, 6, bias=False)
        for part in ("norm1", "norm2"):
            shapes |= conv(f"{name}.{part}", 4)
        shapes |= conv(f"{name}.mlp.fc1", 16, 4) | conv(f"{name}.mlp.fc2", 4, 16)
    return shapes | conv("model.backbone.ln_f", 4) | conv("model.lm_head", 16, 4, bias=False)


def sei():
    shapes, before = {}, 4
    for i, n in enumerate((2, 3, 4), start=1):
        first = 0 if i == 1 else 2
        shapes |= conv(f"lconv{i}.{first}", n, before, 9) | conv(f"lconv{i}.{first + 1}", n, n, 9)
        first = 0 if i == 1 else 1
        shapes |= conv(f"conv{i}.{first}", n, n, 9) | conv(f"conv{i}.{first + 2}", n, n, 9)
        before = n
    for i in range(1, 6):
        shapes |= conv(f"dconv{i}.1", 4, 4, 5)
    return shapes | conv("classifier.0", 6, 64) | conv("classifier.2", 5, 6)


def malinois():
    shapes = conv("conv1.conv", 3, 4, 19) | conv("conv2.conv", 4, 3, 11) | conv("conv3.conv", 5, 4, 7)
    shapes |= norm("conv1.bn_layer", 3) | norm("conv2.bn_layer", 4) | norm("conv3.bn_layer", 5)
    shapes |= conv("linear1.linear", 6, 5) | norm("linear1.bn_layer", 6)
    for i, rows in ((1, 6), (2, 2)):
        shapes |= {f"branched.branched_layer_{i}.weight": (3, rows, 2), f"branched.branched_layer_{i}.bias": (3, 1, 2)}
    return shapes | {"output.weight": (3, 2, 1), "output.bias": (3, 1, 1)}


TORCH = [openspliceai, pangolin, torchxrayvision, timm_resnet, kipoi_basset, kipoi_deepsea, hyenadna, sei, malinois]


@pytest.mark.parametrize("shapes", TORCH, ids=lambda function: function.__name__)
def test_every_array_has_its_place_and_a_renamed_one_is_named(shapes, tmp_path):
    arrays, format = fresh(shapes()), shapes.__name__
    if format == "hyenadna":
        buffers = hyena_buffers(100)
        arrays = buffers | arrays
    np.savez(tmp_path / "w.npz", **arrays)
    model = import_weights(format, tmp_path / "w.npz")
    record = describe(model)
    assert record.architecture in importer(format).architectures
    assert record.task is not None
    assert record.task.outputs == model.output_shape[-1]
    sums = {path: float(np.sum(v, dtype=np.float64)) for path, v in variables_by_name(model).items()}
    folded = ("head/",) if format == "pangolin" else ()  # differences of two logits
    unread = ("conv_last",) if folded else ("pos_emb", "deltas")
    theirs = [float(a.sum(dtype=np.float64)) for name, a in arrays.items() if not any(part in name for part in unread)]
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


def hyena_buffers(longest):
    """Return the tables of positions and of decay of a file of HyenaDNA, by the formulas of the paper."""
    time, found = np.linspace(0, 1, longest, dtype=np.float32), {}
    angles = 2 * np.pi * np.arange(longest)[:, None] / longest * np.array([1e-4, 1.0])
    for i in range(2):
        name = f"model.backbone.layers.{i}.mixer.filter_fn"
        table = np.concatenate([time[:, None], np.cos(angles), -np.sin(angles)], axis=1).astype(np.float32)
        found |= {f"{name}.pos_emb.z": table[None], f"{name}.pos_emb.t": time[None, :, None]}
        found[f"{name}.modulation.deltas"] = np.linspace(np.log(0.01) / 1.5, np.log(0.01) / 0.3, 4)[None, None]
    return found


def test_hyenadna_with_other_positions_or_decay_than_published_is_refused(tmp_path):
    arrays = fresh(hyenadna()) | hyena_buffers(100)
    for name in ("pos_emb.z", "modulation.deltas"):
        changed: Any = {key: 0.5 * array if key.endswith(name) else array for key, array in arrays.items()}
        np.savez(tmp_path / "w.npz", **changed)
        with pytest.raises(WeightsError, match="not those of the published HyenaDNA"):
            import_weights("hyenadna", tmp_path / "w.npz")


def test_procapnet_is_a_bpnet_of_two_strands(tmp_path):
    shapes = conv("iconv", 6, 4, 21) | conv("rconvs.0", 6, 6, 3) | conv("rconvs.1", 6, 6, 3)
    np.savez(tmp_path / "w.npz", **fresh(shapes | conv("fconv", 2, 6, 75) | conv("linear", 1, 6)))
    model, other = (import_weights(name, tmp_path / "w.npz", length=160) for name in ("procapnet", "bpnet_lite"))
    codes = np.random.Generator(np.random.Philox(1)).integers(0, 5, (2, 160)).astype(np.uint8)
    np.testing.assert_array_equal(model.predict_on_batch(codes), other.predict_on_batch(codes))
    task = describe(model).task
    assert task is not None
    assert (describe(model).architecture, task.labels) == ("procapnet", ("plus", "minus"))


def test_a_layer_that_keras_numbers_has_the_same_name_in_every_model():
    for _ in range(2):
        inputs: Any = keras.Input((3,))
        names = list(variables_by_name(keras.Model(inputs, keras.layers.Normalization()(inputs))))
        assert names == ["normalization/mean", "normalization/variance", "normalization/count"]


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
