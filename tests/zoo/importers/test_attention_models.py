"""Enformer, Borzoi and the Nucleotide Transformer with the weights of their PyTorch forms: the same outputs.

PEERS_PYTHON names a Python with enformer-pytorch, borzoi-pytorch and transformers; otherwise this one is tried.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from deepbio.zoo import get_model
from deepbio.zoo.importers.borzoi_pytorch import borzoi_pytorch
from deepbio.zoo.importers.enformer_pytorch import enformer_pytorch
from deepbio.zoo.importers.esm import esm
from deepbio.zoo.importers.torch_layout import assign_weights

SIDE = Path(__file__).with_name("attention_side.py")


def peer(folder, **facts):
    """Return the codes, the outputs and the state dict of a peer's network with random weights."""
    (folder / "facts.json").write_text(json.dumps(facts))
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
    (folder / "found.npz").unlink()
    state = {name[2:]: values for name, values in found.items() if name.startswith("w:")}
    return found["codes"], found["outputs"], state


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
    codes, expected, state = peer(tmp_path, network="enformer", options=ENFORMER, length=2048, examples=2)
    tower = tuple(state[f"conv_tower.{i}.0.2.weight"].shape[0] for i in range(6))
    model = get_model(
        "enformer", input_shape=2048, outputs=8, stem_filters=48, tower_filters=tower, num_layers=2, num_heads=2, key_dim=16,
        value_dim=48, position_channels=48, cropping=2, head_filters=192, gamma="gamma_by_position",
    )  # fmt: skip
    assign_weights(model, enformer_pytorch(state))
    check_same(model, codes, expected)


@pytest.mark.peers
@pytest.mark.slow
def test_enformer_equals_enformer_pytorch_at_full_width(tmp_path):
    codes, expected, state = peer(
        tmp_path, network="enformer", options={"target_length": -1}, length=2048, examples=1, leave_out="_trunk."
    )
    model = get_model("enformer", input_shape=2048, outputs=6956, cropping=0, gamma="gamma_by_position")
    assign_weights(model, enformer_pytorch(state))
    assert sum(np.prod(v.shape) for v in model.trainable_variables) == 251_221_292
    check_same(model, codes, expected)


@pytest.mark.peers
@pytest.mark.slow
def test_enformer_equals_enformer_pytorch_with_the_recorded_positions_of_197_kb(tmp_path):
    options = {**ENFORMER, "dim": 192, "heads": 1, "dim_divisible_by": 96, "target_length": 896, "use_tf_gamma": True}
    codes, expected, state = peer(tmp_path, network="enformer", options=options, length=196_608, examples=1)
    tower = tuple(state[f"conv_tower.{i}.0.2.weight"].shape[0] for i in range(6))
    model = get_model(
        "enformer",
        outputs=8,
        stem_filters=96,
        tower_filters=tower,
        num_layers=2,
        num_heads=1,
        key_dim=16,
        head_filters=384,
    )
    assign_weights(model, enformer_pytorch(state))
    check_same(model, codes, expected)


@pytest.mark.peers
def test_borzoi_equals_borzoi_pytorch(tmp_path):
    options = {
        "dim": 96, "depth": 2, "heads": 2, "attn_dim_key": 16, "attn_dim_value": 24, "bins_to_return": 240,
        "enable_mouse_head": True,
    }  # fmt: skip
    codes, expected, state = peer(tmp_path, network="borzoi", options=options, length=8192, examples=1)
    model = get_model(
        "borzoi", input_shape=8192, outputs=7611 + 2608, transformer_filters=96, num_layers=2, num_heads=2, key_dim=16,
        value_dim=24, cropping=8,
    )  # fmt: skip
    assign_weights(model, borzoi_pytorch(state))
    check_same(model, codes, expected)


@pytest.mark.peers
@pytest.mark.parametrize(
    ("version", "options"),
    [
        (1, {"gated": False, "rotary": False, "max_positions": 102, "vocabulary_size": 4105, "token_dropout": True}),
        (2, {"gated": True, "rotary": True}),
    ],
)
def test_the_nucleotide_transformer_equals_esm(version, options, tmp_path):
    config = {
        "vocab_size": 3 + 4100 + 2 * version, "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4,
        "intermediate_size": 96, "max_position_embeddings": 102, "emb_layer_norm_before": False, "hidden_dropout_prob": 0.0,
        "position_embedding_type": ["absolute", "rotary"][version - 1], "token_dropout": version == 1,
        "tie_word_embeddings": False,
    }  # fmt: skip
    codes, expected, state = peer(
        tmp_path, network="esm", options=config, gated=version == 2, length=303, examples=2, codes=4
    )
    model = get_model(
        "nucleotide_transformer", input_shape=303, outputs=config["vocab_size"], head="masked_lm", embedding_dim=64, num_layers=2,
        num_heads=4, mlp_units=96, **options,
    )  # fmt: skip
    assign_weights(model, esm(state, rotary=version == 2))
    check_same(model, codes, expected, rates=False)
