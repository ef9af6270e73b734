"""A whole run: files in, files out, chunks, shards, workers, going on after an end."""

import gzip
import hashlib
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from deepbio.errors import DataError, DeepbioError
from deepbio.variants import splice

HEAD = "##fileformat=VCFv4.2\n##contig=<ID=1>\n##contig=<ID=2>\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tsample\n"


def vcf_text(genome, n, *, seed=0):
    """Return a VCF of `n` sorted SNVs and indels, with genotypes that must pass through."""
    random = np.random.Generator(np.random.Philox(seed))
    lines = []
    for chromosome in "12":
        for pos in np.sort(random.choice(np.arange(60, 5800), n // 2, replace=False)):
            ref = genome[chromosome][pos - 1].upper()
            alts = [a for a in "ACGT" if a != ref]
            alt = (alts[pos % 3], ",".join(alts[:2]), ref + "TG")[pos % 3]
            lines.append(f"{chromosome}\t{pos}\trs{pos}\t{ref}\t{alt}\t50.0\tPASS\tDP={pos % 90}\tGT\t0/1")
    return HEAD + "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def run(tiny_genome, tiny_model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    (folder / "in.vcf").write_text(vcf_text(tiny_genome, 60), encoding="utf-8")

    def run(out, vcf=folder / "in.vcf", **options):
        options = {"chunk": 8, "distance": 20, "weights": tiny_model, **options}
        return splice(vcf, fasta=tiny_genome["fasta"], annotation=tiny_genome["genes"], out=out, **options)

    return run


@pytest.fixture(scope="module")
def whole(run, tmp_path_factory):
    out = tmp_path_factory.mktemp("whole") / "out.vcf"
    return out, run(out, explain_skips=True)


def body(path):
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as file:
        return [line for line in file.read().splitlines() if not line.startswith("#")]


def test_every_record_comes_out_once_in_order_with_its_columns_unchanged(run, whole, tiny_genome):
    given = [line.split("\t") for line in vcf_text(tiny_genome, 60).splitlines() if not line.startswith("#")]
    out = [line.split("\t") for line in body(whole[0])]
    assert [cells[:7] + cells[8:] for cells in out] == [cells[:7] + cells[8:] for cells in given]
    infos = [cells[7] for cells in out]
    assert sum("SpliceAI=" in info for info in infos) == whole[1].scored > 20
    assert all(info.startswith(f"DP={int(cells[1]) % 90}") for info, cells in zip(infos, out, strict=True))
    assert not whole[0].with_name("out.vcf.chunks").exists()


def test_the_header_has_spliceais_field_once(run, whole, tmp_path):
    again = tmp_path / "again.vcf"
    run(again, vcf=whole[0])
    assert again.read_bytes() == whole[0].read_bytes()
    assert again.read_text(encoding="utf-8").count("##INFO=<ID=SpliceAI,Number=.,Type=String") == 1


def test_skips_are_counted_and_explained(whole):
    rows = whole[0].with_name("out.vcf.skips.tsv").read_text(encoding="utf-8").splitlines()[1:]
    reasons = [row.split("\t")[-1] for row in rows]
    assert {reason: reasons.count(reason) for reason in reasons} == whole[1].skipped


def test_the_input_is_not_touched(run, tiny_genome, tmp_path):
    given = tmp_path / "in.vcf"
    given.write_text(vcf_text(tiny_genome, 4), encoding="utf-8")
    before = hashlib.sha256(given.read_bytes()).hexdigest(), given.stat().st_mtime_ns
    run(tmp_path / "out.vcf", vcf=given)
    assert (hashlib.sha256(given.read_bytes()).hexdigest(), given.stat().st_mtime_ns) == before
    with pytest.raises(DeepbioError, match="is an input"):
        run(given, vcf=given)


@pytest.mark.parametrize("n", [3])
def test_shards_one_after_the_other_are_the_whole(run, whole, tmp_path, n):
    lines = []
    for i in range(1, n + 1):
        run(tmp_path / f"{i}.vcf", shard=(i, n))
        lines += body(tmp_path / f"{i}.vcf")
    assert lines == body(whole[0])


def test_a_run_goes_on_where_it_stopped(run, whole, tmp_path):
    class StopError(Exception):
        pass

    seen = []

    def stop(done, total, seconds):
        seen.append(done)
        if len(seen) == 3:
            raise StopError

    out = tmp_path / "out.vcf"
    with pytest.raises(StopError):
        run(out, progress=stop)
    assert not out.exists()
    kept = len(list(out.with_name("out.vcf.chunks").glob("0*.json")))
    assert kept >= 2
    run(out, resume=True)
    assert out.read_bytes() == whole[0].read_bytes()


def test_a_run_does_not_go_on_with_other_options(run, tmp_path):
    def stop(done, total, seconds):
        raise KeyboardInterrupt

    out = tmp_path / "out.vcf"
    with pytest.raises(KeyboardInterrupt):
        run(out, progress=stop)
    with pytest.raises(DataError, match="other mask"):
        run(out, mask=True, resume=True)


def test_tables_hold_the_raw_values_of_the_entries(run, whole, tmp_path):
    import pyarrow.parquet

    run(tmp_path / "out.tsv", format="tsv")
    run(tmp_path / "out.parquet", format="parquet")
    rows = [line.split("\t") for line in (tmp_path / "out.tsv").read_text(encoding="utf-8").splitlines()]
    table = pyarrow.parquet.read_table(tmp_path / "out.parquet")
    assert table.column_names == rows[0]
    assert table["DS_AG"].to_pylist() == [float(row[7]) for row in rows[1:]]
    entries = [e for line in body(whole[0]) for part in line.split("\t")[7].split(";") if part.startswith("SpliceAI=")
               for e in part[9:].split(",")]  # fmt: skip
    made = ["|".join([r[4], r[5], *(f"{float(v):.2f}" for v in r[7:11]), *r[11:15]]) for r in rows[1:]]
    assert made == entries


def test_bgzip_with_an_index_can_be_asked_for_a_region(run, whole, tmp_path):
    pysam = pytest.importorskip("pysam")
    out = tmp_path / "out.vcf.gz"
    run(out, index=True)
    assert body(out) == body(whole[0])
    with pysam.TabixFile(str(out)) as file:
        found = list(file.fetch("2", 1999, 3000))
    assert found == [line for line in body(whole[0]) if line[0] == "2" and 2000 <= int(line.split("\t")[1]) <= 3000]


def test_a_bcf_is_scored_like_its_vcf(run, whole, tiny_genome, tmp_path):
    pysam = pytest.importorskip("pysam")
    text = vcf_text(tiny_genome, 60).replace(
        "##contig=<ID=1>",
        '##contig=<ID=1>\n##INFO=<ID=DP,Number=1,Type=Integer,Description="d">\n'
        '##FORMAT=<ID=GT,Number=1,Type=String,Description="g">\n##FILTER=<ID=PASS,Description="p">',
    )
    (tmp_path / "in.vcf").write_text(text, encoding="utf-8")
    with pysam.VariantFile(str(tmp_path / "in.vcf")) as given, pysam.VariantFile(
        str(tmp_path / "in.bcf"), "wb", header=given.header
    ) as made:  # fmt: skip
        for record in given:
            made.write(record)
    run(tmp_path / "out.vcf", vcf=tmp_path / "in.bcf")
    assert [line.split("\t")[7] for line in body(tmp_path / "out.vcf")] == [
        line.split("\t")[7] for line in body(whole[0])
    ]


def test_bcf_comes_out_with_what_its_header_left_out_and_an_index(run, whole, tmp_path):
    pysam = pytest.importorskip("pysam")
    out = tmp_path / "out.bcf"
    run(out, index=True)
    with pysam.VariantFile(str(out)) as file:
        assert file.format == "BCF"
        made = [str(record).rstrip("\n").split("\t") for record in file.fetch("2", 1999, 3000)]
        assert {"DP", "SpliceAI"} <= set(file.header.info)
        assert "GT" in file.header.formats
    given = [line.split("\t") for line in body(whole[0]) if line[0] == "2" and 2000 <= int(line.split("\t")[1]) <= 3000]
    assert [cells[:5] + cells[6:] for cells in made] == [cells[:5] + cells[6:] for cells in given]  # QUAL 50.0 is 50
    assert sorted(file.name for file in tmp_path.iterdir()) == ["out.bcf", "out.bcf.csi"]


def test_an_index_of_a_plain_file_is_refused_before_anything_is_scored(run, tmp_path):
    with pytest.raises(DataError, match="bgzip VCF or a BCF"):
        run(tmp_path / "out.vcf", index=True)
    assert not list(tmp_path.iterdir())


def test_another_build_stops_the_run_and_leaves_nothing(run, tiny_genome, tmp_path):
    lines = vcf_text(tiny_genome, 60).splitlines()
    wrong = [line.replace("\tA\t", "\tC\t", 1) if "\tA\tC" not in line else line for line in lines]
    (tmp_path / "in.vcf").write_text("\n".join(wrong) + "\n", encoding="utf-8")
    with pytest.raises(DataError, match="another genome build"):
        run(tmp_path / "out.vcf", vcf=tmp_path / "in.vcf")
    assert [file.name for file in tmp_path.iterdir()] == ["in.vcf"]
    summary = run(tmp_path / "out.vcf", vcf=tmp_path / "in.vcf", max_mismatches=1.0)
    assert summary.skipped["REF does not match the FASTA"] >= 3


@pytest.fixture(scope="module")
def preset(tiny_model, tmp_path_factory):
    from deepbio.zoo.preset import save_preset

    folder = tmp_path_factory.mktemp("presets") / "preset"
    save_preset(tiny_model, folder)
    return str(folder)


@pytest.fixture
def command(tiny_genome, preset, tmp_path, monkeypatch):
    """Return a function that runs `deepbio variants splice` in a folder with its inputs and returns the exit code."""
    from deepbio.cli.main import main

    (tmp_path / "in.vcf").write_text(vcf_text(tiny_genome, 10), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    files = ["--fasta", str(tiny_genome["fasta"]), "--annotation", str(tiny_genome["genes"]), "--weights", preset]

    def run_command(*more):
        monkeypatch.setattr(sys, "argv", ["deepbio", "variants", "splice", "in.vcf", *files, "-o", "out.vcf", *more])
        with pytest.raises(SystemExit) as ended:
            main()
        return ended.value.code or 0

    return run_command


def test_the_command_line_says_what_was_scored(command, tmp_path, capsys):
    assert command("--explain-skips") == 0
    printed = capsys.readouterr()
    assert "of 10 records scored" in printed.err
    assert "no gene" in printed.err
    assert len(body(tmp_path / "out.vcf")) == 10


def test_a_stop_by_the_keyboard_says_where_the_chunks_are_and_how_to_go_on(command, tmp_path, capsys, monkeypatch):
    from deepbio.cli.variants import Progress

    def stop(self, done, total, seconds):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Progress, "__call__", stop)
        assert command("--chunk", "4") == 130
    assert "Finished chunks are in out.vcf.chunks; the same command with --resume" in capsys.readouterr().err
    assert not (tmp_path / "out.vcf").exists()
    assert command("--chunk", "4", "--resume") == 0
    assert len(body(tmp_path / "out.vcf")) == 10
    assert not (tmp_path / "out.vcf.chunks").exists()


def stop_at_20(done, total, seconds):
    if done >= 20:
        raise KeyboardInterrupt


def test_tasks_of_an_executor_write_the_same_bytes_also_after_a_stop(run, whole, preset, tmp_path, monkeypatch):
    from deepbio.variants import worker

    # threads in the place of processes, which would each load TensorFlow
    module = sys.modules["deepbio.variants.splice"]
    monkeypatch.setattr(module, "open_executor", lambda workers, **options: ThreadPoolExecutor(1))
    monkeypatch.setattr(module, "TASK", 2)
    out = tmp_path / "out.vcf"
    with pytest.raises(KeyboardInterrupt):
        run(out, weights=preset, workers=1, progress=stop_at_20)
    assert not out.exists()
    assert len(list((tmp_path / "out.vcf.chunks").glob("0*.json"))) >= 2
    run(out, weights=preset, workers=1, resume=True)
    assert out.read_bytes() == whole[0].read_bytes()
    assert not (tmp_path / "out.vcf.chunks").exists()
    worker.worker_of_process.cache_clear()


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_worker_processes_write_the_same_bytes_also_after_a_stop(run, whole, preset, tmp_path):
    out = tmp_path / "out.vcf"
    with pytest.raises(KeyboardInterrupt):
        run(out, weights=preset, workers=2, progress=stop_at_20)
    assert not out.exists()
    run(out, weights=preset, workers=2, resume=True)
    assert out.read_bytes() == whole[0].read_bytes()


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_a_dask_cluster_writes_the_same_bytes(run, whole, preset, tmp_path):
    distributed = pytest.importorskip("distributed", reason="needs the extra 'cluster'")
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster:
        run(tmp_path / "out.vcf", scheduler=cluster.scheduler_address, weights=preset)
    assert (tmp_path / "out.vcf").read_bytes() == whole[0].read_bytes()


def test_workers_need_the_name_of_the_weights(run, tmp_path):
    with pytest.raises(DeepbioError, match="by name"):
        run(tmp_path / "out.vcf", workers=2)


@pytest.mark.slow
def test_two_replicas_write_what_one_device_writes(run, preset, tiny_genome, tmp_path):
    (tmp_path / "in.vcf").write_text(vcf_text(tiny_genome, 50), encoding="utf-8")
    files = ["--fasta", str(tiny_genome["fasta"]), "--annotation", str(tiny_genome["genes"]), "--weights", preset]
    options = ["--distance", "20", "--chunk", "16", "--strategy", "cpu:2", "-o", "two.vcf"]
    command = [sys.executable, "-m", "deepbio", "variants", "splice", "in.vcf", *files, *options]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    ended = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    run(tmp_path / "one.vcf", vcf=tmp_path / "in.vcf", chunk=16)
    assert body(tmp_path / "two.vcf") == body(tmp_path / "one.vcf")
    assert any("SpliceAI=" in line for line in body(tmp_path / "two.vcf"))
