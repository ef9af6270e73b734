"""Files on Hugging Face by address, with the download replaced by a folder."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest

from deepbio.errors import WeightsError
from deepbio.zoo import get_model
from deepbio.zoo.importers import import_weights


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """Replace huggingface_hub by one that finds files in a folder, and return what it was asked for."""
    asked = []
    random = np.random.Generator(np.random.Philox(5))
    shapes = {
        "iconv.weight": (3, 4, 21), "iconv.bias": (3,), "rconvs.0.weight": (3, 3, 3), "rconvs.0.bias": (3,),
        "fconv.weight": (1, 3, 75), "fconv.bias": (1,), "linear.weight": (1, 3), "linear.bias": (1,),
    }  # fmt: skip
    arrays = {name: random.normal(size=shape) for name, shape in shapes.items()}
    np.savez(tmp_path / "model.npz", allow_pickle=False, **arrays)

    def hf_hub_download(repository, file, **options):
        asked.append((repository, file, options["revision"], options["local_files_only"]))
        if file != "model.npz":
            raise OSError(f"no {file} in {repository}")
        return str(tmp_path / file)

    monkeypatch.setitem(sys.modules, "huggingface_hub", SimpleNamespace(hf_hub_download=hf_hub_download))
    return asked


def test_an_address_is_downloaded_at_its_revision_and_imported(hub):
    model = import_weights("bpnet_lite", "hf://lab/gata1@v2/model.npz", length=150)
    assert hub == [("lab/gata1", "model.npz", "v2", False)]
    again = get_model("bpnet", weights="hf://lab/gata1/model.npz", input_shape=150)
    assert hub[1] == ("lab/gata1", "model.npz", None, False)
    np.testing.assert_array_equal(again.get_layer("stem").kernel, model.get_layer("stem").kernel)


def test_a_file_that_is_not_there_is_one_error(hub, monkeypatch):
    with pytest.raises(WeightsError, match=r"hf://lab/gata1/x.npz cannot be downloaded: no x.npz in lab/gata1 \(check"):
        import_weights("bpnet_lite", "hf://lab/gata1/x.npz")
    monkeypatch.setenv("DEEPBIO_OFFLINE", "1")
    with pytest.raises(WeightsError, match="DEEPBIO_OFFLINE forbids downloads"):
        import_weights("bpnet_lite", "hf://lab/gata1/x.npz")
    assert hub[-1][-1] is True


def test_an_address_without_a_file_is_refused():
    with pytest.raises(WeightsError, match=r"Expected one file, hf://user/repo/file.*'hf://nobody'"):
        import_weights("torchxrayvision", "hf://nobody")
