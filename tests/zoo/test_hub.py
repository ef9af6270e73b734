"""Hugging Face's own library, pushing to and loading from a small server on this machine that answers as the hub does."""

import base64
import hashlib
import http.server
import json
import re
import threading

import pytest

from deepbio.catalog import catalog_folder
from deepbio.errors import WeightsError
from deepbio.zoo import check_golden_outputs, get_model
from deepbio.zoo.push import push_preset

library = pytest.importorskip("huggingface_hub")

DONOR = catalog_folder("zoo") / "mmsplice_donor.cheng2019"


class Answers(http.server.BaseHTTPRequestHandler):
    """The addresses of https://huggingface.co/docs/hub/api that pushing and loading use; one repository, kept in memory."""

    commits: dict[str, dict[str, bytes]]
    branches: dict[str, str]

    def do_POST(self):
        content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/api/validate-yaml":
            self.json({"errors": [], "warnings": []})
        elif self.path == "/api/repos/create":
            self.json({"url": "https://huggingface.co/someone/donor", "name": "someone/donor", "id": "1"})
        elif "/preupload/" in self.path:
            files = json.loads(content)["files"]
            modes = [{"path": f["path"], "uploadMode": "regular", "shouldIgnore": False} for f in files]
            self.json({"files": modes})
        elif found := re.fullmatch(r"/api/models/someone/donor/commit/([^?]+).*", self.path):
            lines = [json.loads(line) for line in content.splitlines()]
            files = {
                line["value"]["path"]: base64.b64decode(line["value"]["content"])
                for line in lines if line["key"] == "file"
            }  # fmt: skip
            made = hashlib.sha1(content).hexdigest()
            self.commits[made], self.branches[found[1]] = files, made
            self.json({"commitUrl": f"https://huggingface.co/someone/donor/commit/{made}", "commitOid": made})
        else:
            self.send_error(404)

    def do_GET(self):
        if found := re.fullmatch(r"/api/models/someone/donor/(?:revision|tree)/([^/?]+).*", self.path):
            commit = self.branches.get(found[1], found[1])
            if commit not in self.commits:
                self.send_response(404)
                self.send_header("X-Error-Code", "RevisionNotFound")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            names = self.commits[commit]
            if "/tree/" in self.path:
                self.json([{"type": "file", "path": n, "size": len(c), "oid": git_hash(c)} for n, c in names.items()])
            else:
                self.json({"id": "someone/donor", "sha": commit, "siblings": [{"rfilename": name} for name in names]})
        elif found := re.fullmatch(r"/someone/donor/resolve/([^/]+)/(.+)", self.path):
            content = self.commits[self.branches.get(found[1], found[1])][found[2]]
            self.send_response(200)
            self.send_header("X-Repo-Commit", self.branches.get(found[1], found[1]))
            self.send_header("ETag", f'"{git_hash(content)}"')
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(content)
        else:
            self.send_error(404)

    do_HEAD = do_GET  # noqa: N815

    def json(self, answer):
        content = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


def git_hash(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


@pytest.fixture
def hub(monkeypatch, tmp_path):
    answers = type("Hub", (Answers,), {"commits": {}, "branches": {}})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", address)
        monkeypatch.setattr(
            "huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE",
            address + "/{repo_id}/resolve/{revision}/{filename}",
        )
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_IMPLICIT_TOKEN", True)
        yield answers
        server.shutdown()


def test_a_preset_goes_to_the_hub_and_comes_back(hub, monkeypatch):
    address = push_preset(DONOR, "hf://someone/donor")
    (commit,) = hub.commits
    assert address.endswith(commit)
    assert hub.commits[commit]["README.md"].startswith(b"---\nlicense: mit\n")
    model = get_model(f"hf://someone/donor@{commit}")
    assert check_golden_outputs(model, DONOR) <= 1e-5
    assert get_model("hf://someone/donor").count_params() == 18_433

    hub.commits.clear()  # the hub has lost everything, and nobody asks it
    monkeypatch.setenv("DEEPBIO_OFFLINE", "1")
    assert get_model("hf://someone/donor").count_params() == 18_433
    with pytest.raises(WeightsError, match="DEEPBIO_OFFLINE forbids the download"):
        get_model("hf://someone/other")


def test_files_that_are_no_part_of_a_preset_are_not_fetched(hub, tmp_path):
    push_preset(DONOR, "hf://someone/donor")
    (files,) = hub.commits.values()
    files["custom_code.py"] = b"raise SystemExit"
    files["model.pkl"] = b"cos\nsystem\n"
    get_model("hf://someone/donor")
    fetched = {file.name for file in (tmp_path / "hub").rglob("*") if file.is_symlink() or file.is_file()}
    assert "preset.json" in fetched
    assert not {"custom_code.py", "model.pkl"} & fetched


def test_a_revision_that_is_not_there_is_named(hub):
    push_preset(DONOR, "hf://someone/donor")
    with pytest.raises(WeightsError, match="hf://someone/donor@v9 cannot be downloaded"):
        get_model("hf://someone/donor@v9")
