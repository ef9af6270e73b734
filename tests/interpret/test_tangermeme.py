"""The same weights in tangermeme on PyTorch: attributions, mutagenesis and seqlets are the same numbers.

TANGERMEME_PYTHON names a Python with torch, tangermeme 1.6 and shap; otherwise this one is tried.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from deepbio.incremental.program import read_program
from deepbio.interpret import Output, deep_lift_shap, make_references, recursive_seqlets, saturation_mutagenesis
from deepbio.interpret.dna import one_hot_of

SIDE = Path(__file__).with_name("tangermeme_side.py")
PYTHON = os.environ.get("TANGERMEME_PYTHON", sys.executable)


def write_steps(path, model, codes, references, *, target, span, deep_lift=True, batch_size=32):
    """Write the steps of a model of convolutions, scales, ReLU, maxima, sums, crops, means and dense layers as an npz."""
    program = read_program(one_hot_of(model))
    steps, arrays = [], {}
    for i, step in enumerate(program):
        kind = step.kind
        if step.elementwise:
            assert step.name.endswith("relu")
            kind = "relu"
        elif kind in ("pointwise", "whole"):
            kind = "add" if len(step.inputs) > 1 else "scale"
        if kind == "scale":
            width = program[step.inputs[0]].shape[-1]
            zero = np.asarray(step.call(np.zeros((1, 1, width), np.float32)))[0, 0]
            arrays[f"kernel_{i}"] = np.asarray(step.call(np.ones((1, 1, width), np.float32)))[0, 0] - zero
            arrays[f"bias_{i}"] = zero
        if step.weights is not None:
            kernel, bias = step.weights()
            arrays[f"kernel_{i}"] = np.asarray(kernel)
            arrays[f"bias_{i}"] = np.zeros(kernel.shape[-1], np.float32) if bias is None else np.asarray(bias)
        missing = 0
        if kind == "convolution":
            missing = step.shape[0] + step.span - 1 - program[step.inputs[0]].shape[0] - step.left
        steps.append(
            {
                "kind": kind, "inputs": step.inputs, "dilation": step.dilation, "span": step.span, "stride": step.stride,
                "left": step.left, "length": step.shape[0], "pad": [step.left, missing] if step.left or missing else [],
            }
        )  # fmt: skip
    facts = {"steps": steps, "target": target, "range": span, "deep_lift": deep_lift, "batch_size": batch_size}
    np.savez(path, facts=json.dumps(facts), x=np.eye(5, 4, dtype=np.float32)[codes], references=references, **arrays)


def tangermeme(folder, *options):
    """Run tangermeme on the steps in a folder, and return what it found."""
    command = [PYTHON, str(SIDE), str(folder / "steps.npz"), str(folder / "result.npz"), *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if "No module named" in done.stderr:
        pytest.skip("torch, tangermeme or shap is not installed; set TANGERMEME_PYTHON")
    assert done.returncode == 0, done.stderr[-2000:]
    return dict(np.load(folder / "result.npz"))


@pytest.mark.peers
@pytest.mark.parametrize(
    ("name", "options", "target"),
    [
        ("basset", {"input_shape": 600}, (1, None)),
        ("deepstarr", {}, (0, None)),
        ("bpnet", {"head": "counts", "input_shape": 400, "num_layers": 4, "filters": 16}, (1, None)),
        ("spliceai_400nt", {"filters": 32}, (1, 10)),
    ],
)
def test_attributions_are_those_of_tangermeme(name, options, target, small_model, tmp_path):
    model = small_model(name, **options)
    codes = np.random.Generator(np.random.Philox(2)).integers(0, 4, (2, model.input_shape[1])).astype(np.uint8)
    references = make_references(codes, "dinucleotide", 5, 1)
    middle = model.input_shape[1] // 2
    write_steps(tmp_path / "steps.npz", model, codes, references, target=target, span=(middle - 10, middle + 10))
    found = tangermeme(tmp_path)
    explained = target[0] if target[1] is None else Output(target[0], position=target[1])
    own = model.predict_on_batch(codes)
    own = own[:, target[0]] if target[1] is None else own[:, target[1], target[0]]
    np.testing.assert_allclose(own, found["outputs"][:, 0], rtol=1e-4, atol=1e-5)  # the network is the same
    for kind in ("hypothetical", "present"):
        values, delta = deep_lift_shap(
            model, codes, target=explained, references=references, hypothetical=kind == "hypothetical",
            return_convergence_delta=True,
        )  # fmt: skip
        np.testing.assert_allclose(values, found[kind], atol=1e-4 * max(1, np.abs(found[kind]).max()))
    assert np.abs(delta).max() < 1e-3
    # shap splits the change of a base between the two bases; at a position they add up to the same
    own_shap = values[:1].sum(axis=-1)
    np.testing.assert_allclose(own_shap, found["shap"].sum(axis=-1), atol=1e-4 * max(1, np.abs(own_shap).max()))
    mutagenesis = saturation_mutagenesis(
        model, codes[:1], target=explained, start=middle - 10, end=middle + 10, hypothetical=True
    )
    np.testing.assert_allclose(mutagenesis, found["mutagenesis"], atol=1e-5 * max(1, np.abs(own).max()))
    seqlets = recursive_seqlets(found["present"], threshold=0.05, negative=False)
    covered = np.zeros((2, *codes.shape), bool)
    for mine, table in zip(covered, (seqlets.iloc[:, :3].to_numpy(), found["seqlets"]), strict=True):
        for example, start, end in table.astype(int):
            mine[example, start:end] = True
    covered = covered[:, :, :-4]  # tangermeme leaves out the last base of each sequence
    # p-values come from histograms, so that a seqlet on the threshold may end a base earlier
    assert covered.all(axis=0).sum() >= 0.95 * covered.any(axis=0).sum()
