"""The start of the app: what it listens to, and what it says when it cannot start."""

import socket

import pytest

from deepbio.app.collection import SPLICE_LABELS, Collection
from deepbio.app.serve import ADDRESS, _bound, serve
from deepbio.errors import DeepbioError


def test_it_listens_at_this_machine_only():
    assert ADDRESS == "127.0.0.1"
    with _bound(0) as listening:
        assert listening.getsockname()[0] == "127.0.0.1"


def test_a_port_that_is_taken_is_an_error_with_what_to_do():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(DeepbioError, match=f"Port {port} cannot be used.*--port"):
            _bound(port)


def test_a_folder_without_presets_and_an_unknown_name_are_errors(tmp_path):
    with pytest.raises(DeepbioError, match="contains no preset: expected folders that `deepbio fit --out DIR` wrote"):
        Collection([str(tmp_path)])
    with pytest.raises(DeepbioError, match=r"there is no 'dna_cnn\.uci_splize'\. Did you mean dna_cnn\.uci_splice"):
        Collection(["dna_cnn.uci_splize"])


def test_a_genome_that_does_not_exist_is_an_error_before_anything_starts(tmp_path):
    pytest.importorskip("fastapi", reason="needs the extra app")
    with pytest.raises(DeepbioError, match="Expected a FASTA at"):
        serve(genome=tmp_path / "hg38.fa", browser=False)


def test_a_broken_preset_is_named_and_does_not_stop_the_app(tmp_path):
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "preset.json").write_text("{}", encoding="utf-8")
    found = Collection([str(tmp_path)])
    assert "broken" not in found.presets
    assert found.problems[0].startswith("broken: ")


def test_models_of_splicing_are_recognised_by_the_labels_that_variants_need():
    from deepbio.variants.splicing import LABELS

    assert tuple(SPLICE_LABELS) == LABELS
    assert Collection().presets["spliceai_10k.ci"].is_splicing
