"""Enformer, Borzoi and the Nucleotide Transformer with the weights of their PyTorch forms: the same outputs.

PEERS_PYTHON names a Python with enformer-pytorch, borzoi-pytorch and transformers; otherwise this one is tried.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepbio.errors import WeightsError
from deepbio.inference import predict
from deepbio.zoo import get_model
from deepbio.zoo.importers import import_weights
from deepbio.zoo.importers.published_file import read_published_file

SIDE = Path(__file__).with_name("attention_side.py")


def peer(folder, *, save="torch", **facts):
    """Return the codes and the outputs of a peer's network with random weights, and the file that it saved."""
    (folder / "facts.json").write_text(json.dumps({**facts, "save": save}))
    command = [
        os.environ.get("PEERS_PYTHON", sys.executable),
        str(SIDE),
        str(folder / "facts.json"),
        str(folder / "found.npz"),
    ]
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if "No module named" in done.stderr:
        pytest.skip(f"{done.stderr.strip().splitlines()[-1]}; set PEERS_PYTHON")
    assert done.returncode == 0, done.stderr[-2000:]
    found = dict(np.load(folder / "found.npz"))
    return found["codes"], found["outputs"], folder / ("model.pt" if save == "torch" else "model.safetensors")


def check_same(model, codes, expected, *, rates=True):
    found = model.predict_on_batch(codes)
    found = np.exp(found) if rates else found
    assert found.shape == expected.shape
    assert expected.std() > 0.01 * np.abs(expected).mean()
    difference = np.abs(found - expected).max() / np.abs(expected).max()
    print(f"{model.name}: largest difference {difference:.1e} of the largest output")
    assert difference < 1e-4
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-5 * np.abs(expected).max())


ENFORMER = {
    "dim": 96, "depth": 2, "heads": 2, "attn_dim_key": 16, "dim_divisible_by": 8, "target_length": 12,
    "output_heads": {"human": 5, "mouse": 3},
}  # fmt: skip


@pytest.mark.peers
def test_enformer_equals_enformer_pytorch(tmp_path):
    codes, expected, file = peer(tmp_path, network="enformer", options=ENFORMER, length=2048, examples=2)
    model = import_weights("enformer_pytorch", file, length=2048, bins=12, gamma="gamma_by_position")
    check_same(model, codes, expected)
    np.testing.assert_allclose(
        predict(model, codes), expected, rtol=1e-3, atol=1e-4 * expected.max()
    )  # exp of the outputs
    again = get_model("enformer", weights=file, input_shape=2048, bins=12, gamma="gamma_by_position")
    np.testing.assert_array_equal(again.predict_on_batch(codes), model.predict_on_batch(codes))
    arrays: Any = read_published_file(file).arrays  # the trunk is in it twice
    np.savez(tmp_path / "once.npz", **{k: v for k, v in arrays.items() if k.startswith(("_trunk.", "_heads."))})
    once = import_weights("enformer_pytorch", tmp_path / "once.npz", length=2048, bins=12, gamma="gamma_by_position")
    np.testing.assert_array_equal(once.predict_on_batch(codes), model.predict_on_batch(codes))


@pytest.mark.peers
@pytest.mark.slow
def test_enformer_equals_enformer_pytorch_at_full_width(tmp_path):
    codes, expected, file = peer(tmp_path, network="enformer", options={"target_length": -1}, length=2048, examples=1)
    model = import_weights("enformer_pytorch", file, length=2048, bins=None, gamma="gamma_by_position")
    assert sum(np.prod(v.shape) for v in model.trainable_variables) == 251_221_292
    check_same(model, codes, expected)


@pytest.mark.peers
@pytest.mark.slow
def test_enformer_equals_enformer_pytorch_with_the_recorded_positions_of_197_kb(tmp_path):
    options = {**ENFORMER, "dim": 192, "heads": 1, "dim_divisible_by": 96, "target_length": 896, "use_tf_gamma": True}
    codes, expected, file = peer(tmp_path, network="enformer", options=options, length=196_608, examples=1)
    check_same(import_weights("enformer_pytorch", file), codes, expected)


@pytest.mark.peers
def test_borzoi_equals_borzoi_pytorch(tmp_path):
    options = {
        "dim": 96, "depth": 2, "heads": 2, "attn_dim_key": 16, "attn_dim_value": 24, "bins_to_return": 240,
        "enable_mouse_head": True,
    }  # fmt: skip
    codes, expected, file = peer(
        tmp_path, save="save_pretrained", network="borzoi", options=options, length=8192, examples=1
    )
    check_same(import_weights("borzoi_pytorch", file, length=8192, bins=240), codes, expected)


@pytest.mark.peers
@pytest.mark.parametrize("version", [1, 2])
def test_the_nucleotide_transformer_equals_esm(version, tmp_path):
    config = {
        "vocab_size": 4103 + 2 * version, "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4,
        "intermediate_size": 96, "max_position_embeddings": 102, "emb_layer_norm_before": False, "hidden_dropout_prob": 0.0,
        "position_embedding_type": ["absolute", "rotary"][version - 1], "token_dropout": version == 1,
        "tie_word_embeddings": False,
    }  # fmt: skip
    codes, expected, file = peer(
        tmp_path,
        save="save_pretrained",
        network="esm",
        options=config,
        gated=version == 2,
        length=303,
        examples=2,
        codes=4,
    )
    check_same(import_weights("esm", file, length=303, num_heads=4), codes, expected, rates=False)
    with pytest.raises(WeightsError, match="64 channels, which no published one has. Pass num_heads"):
        import_weights("esm", file, length=303)


def test_a_state_dict_of_another_network_is_refused_by_name(tmp_path):
    other: dict[str, Any] = {"model.layer1.weight": np.ones((2, 2), np.float32)}
    np.savez(tmp_path / "other.npz", **other)
    for form, name in (("enformer_pytorch", "head"), ("borzoi_pytorch", "head"), ("esm", "word_embeddings")):
        with pytest.raises(WeightsError, match=f"other.npz has no .*{name}"):
            import_weights(form, tmp_path / "other.npz")
