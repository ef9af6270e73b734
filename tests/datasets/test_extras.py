"""What needs an optional package says which extra brings it."""

import sys

import pytest

from deepbio.datasets import Dataset
from deepbio.datasets.readers import read_dicom, read_nifti, read_table
from deepbio.datasets.simulate import simulate_motifs
from deepbio.errors import OptionalDependencyError
from deepbio.genome import GenomeWindows, open_genome, read_bed, read_vcf
from deepbio.genome.tracks import read_tracks


def tracks(path):
    (path.parent / "g.fa").write_text(">chr1\nACGTACGT\n")
    (path.parent / "a.bed").write_text("chr1\t1\t4\n")
    read_tracks([path], GenomeWindows(open_genome(path.parent / "g.fa"), read_bed(path.parent / "a.bed"), length=4))


NEEDED = {
    "pyarrow.parquet": ("a.parquet", lambda path: read_table(path, label="y"), "data"),
    "anndata": ("a.h5ad", lambda path: Dataset.from_anndata(path, label="y"), "data"),
    "pydicom": ("a.dcm", read_dicom, "images"),
    "nibabel": ("a.nii", read_nifti, "images"),
    "pybigtools": ("a.bw", tracks, "genomics"),
    "pysam": ("a.bcf", read_vcf, "genomics"),
    "pyjaspar": ("none", lambda _: simulate_motifs(examples=2), "genomics"),
}


@pytest.mark.parametrize("module", NEEDED)
def test_without_its_package_a_reader_names_the_extra(tmp_path, monkeypatch, module):
    name, read, extra = NEEDED[module]
    monkeypatch.setenv("DEEPBIO_CACHE", str(tmp_path / "cache"))
    monkeypatch.setitem(sys.modules, module, None)
    (tmp_path / name).write_bytes(b"BCF\2\2" if name.endswith("bcf") else b"content")
    with pytest.raises(OptionalDependencyError, match=rf"pip install 'deepbio-zoo\[{extra}\]'"):
        read(tmp_path / name)
