"""Replicas of a `tf.distribute` strategy share the windows and give what one device gives."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from deepbio.errors import TrainingError
from deepbio.variants import splice
from deepbio.zoo.preset import save_preset
from tests.variants.test_splice import body, vcf_text

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_two_replicas_write_what_one_device_writes(tiny_genome, tiny_model, tmp_path):
    (tmp_path / "in.vcf").write_text(vcf_text(tiny_genome, 50), encoding="utf-8")
    save_preset(tiny_model, tmp_path / "preset")
    files = ["--fasta", str(tiny_genome["fasta"]), "--annotation", str(tiny_genome["genes"])]
    options = ["--weights", "./preset", "--distance", "20", "--chunk", "16", "--strategy", "cpu:2", "-o", "two.vcf"]
    command = [sys.executable, "-m", "deepbio", "variants", "splice", "in.vcf", *files, *options]
    ended = subprocess.run(
        command, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stderr
    splice(
        tmp_path / "in.vcf", fasta=tiny_genome["fasta"], annotation=tiny_genome["genes"], weights=tiny_model,
        distance=20, chunk=16, out=tmp_path / "one.vcf",
    )  # fmt: skip
    assert body(tmp_path / "two.vcf") == body(tmp_path / "one.vcf")
    assert any("SpliceAI=" in line for line in body(tmp_path / "two.vcf"))


def test_several_machines_are_told_of_shards(tiny_genome, tiny_model, tmp_path, monkeypatch):
    import tensorflow as tf

    from deepbio.variants import replicas

    class TwoWorkers:
        workers = 2

    monkeypatch.setattr(replicas, "Cluster", lambda strategy: TwoWorkers())
    with pytest.raises(TrainingError, match="--shards"):
        replicas.Replicas(None, tf.distribute.get_strategy())
