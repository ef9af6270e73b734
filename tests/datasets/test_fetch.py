"""Fetching: mirror before cache before publisher, checked, once, and nothing half-written."""

import hashlib
import http.server
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import ClassVar

import pytest

from deepbio.datasets import read_card
from deepbio.datasets.fetch import availability, card_file
from deepbio.errors import DataError, DeepbioError

CONTENT = b"what the publisher has\n" * 10_000
BLOCK = 65_536  # what is read and written at once; less of it is lost where a connection breaks


@pytest.fixture
def publisher():
    """A server on this machine; gives its address, what it serves, and what it was asked for."""

    class Handler(http.server.BaseHTTPRequestHandler):
        served: ClassVar[dict] = {}
        asked: ClassVar[list] = []
        ranges: ClassVar[list] = []  # what each request asked for
        breaks: ClassVar[list] = []  # after how many bytes the connection of each request breaks
        resumes = True

        def do_GET(self):
            self.asked.append(self.path)
            self.ranges.append(self.headers["Range"])
            time.sleep(0.05)
            body, length = self.served.get(self.path, (None, 0))
            if body is None:
                self.send_error(404)
                return
            first = int((self.headers["Range"] or "bytes=0-")[6:-1]) if self.resumes else 0
            if first >= length > 0:
                self.send_error(416)
                return
            self.send_response(206 if first else 200)
            self.send_header("Content-Length", str(length - first))
            self.end_headers()
            self.wfile.write(body[first:][: self.breaks.pop(0) if self.breaks else None])

        def log_message(self, *_):
            pass

    Handler.served, Handler.asked = {"/x/rows.csv": (CONTENT, len(CONTENT))}, []
    Handler.ranges, Handler.breaks = [], []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", Handler
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def card(tmp_path, monkeypatch, publisher):
    monkeypatch.setenv("DEEPBIO_CACHE", str(tmp_path / "cache"))
    for name in ("DEEPBIO_MIRROR", "DEEPBIO_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "shelf").mkdir()
    return _card(tmp_path, url=f"{publisher[0]}/x/rows.csv")


def _card(tmp_path, *, url=None, sha256=None, obtain="Ask the publisher."):
    entry = f"{{name: rows.csv, sha256: {sha256 or [hashlib.sha256(CONTENT).hexdigest()]}"
    entry += f", url: '{url}'}}" if url else "}"
    facts = f"name: x\nsource: here\nobtain: {obtain}\nfiles:\n  - {entry}\n"
    (tmp_path / "shelf" / "card.md").write_text(f"---\n{facts}---\n")
    return read_card(tmp_path / "shelf")


def test_a_file_is_downloaded_once_and_kept(card, tmp_path, publisher):
    assert availability(card) == "internet"
    file = card_file(card, "rows.csv")
    assert file.read_bytes() == CONTENT
    assert file == tmp_path / "cache" / "x" / "rows.csv"
    assert card_file(card, "rows.csv") == file
    assert publisher[1].asked == ["/x/rows.csv"]
    assert availability(card) == "here"


def test_eight_who_ask_at_once_fetch_once(card, publisher):
    with ThreadPoolExecutor(8) as pool:
        files = list(pool.map(lambda _: card_file(card, "rows.csv"), range(8)))
    assert len(set(files)) == 1
    assert publisher[1].asked == ["/x/rows.csv"]


def test_eight_processes_that_ask_at_once_fetch_once(card, tmp_path, publisher):
    program = "from pathlib import Path\nfrom deepbio.datasets import read_card\nfrom deepbio.datasets.fetch import card_file\n"
    program += "print(card_file(read_card(Path('shelf')), 'rows.csv').stat().st_size)"
    started = [
        subprocess.Popen([sys.executable, "-c", program], cwd=tmp_path, stdout=subprocess.PIPE, text=True)
        for _ in range(8)
    ]
    assert [process.communicate(timeout=120)[0].strip() for process in started] == [str(len(CONTENT))] * 8
    assert publisher[1].asked == ["/x/rows.csv"]


def test_a_mirror_folder_is_asked_first_and_read_in_place(card, tmp_path, monkeypatch, publisher):
    (tmp_path / "mirror" / "x").mkdir(parents=True)
    (tmp_path / "mirror" / "x" / "rows.csv").write_bytes(CONTENT)
    monkeypatch.setenv("DEEPBIO_MIRROR", str(tmp_path / "mirror"))
    monkeypatch.setenv("DEEPBIO_OFFLINE", "1")
    assert card_file(card, "rows.csv") == tmp_path / "mirror" / "x" / "rows.csv"
    assert publisher[1].asked == []
    (tmp_path / "mirror" / "x" / "rows.csv").write_bytes(b"other")
    with pytest.raises(DataError, match="in DEEPBIO_MIRROR, is not the file that the card describes"):
        card_file(card, "rows.csv")


def test_a_mirror_address_is_asked_before_the_publisher(tmp_path, monkeypatch, publisher, card):
    publisher[1].served["/mirror/x/rows.csv"] = publisher[1].served["/x/rows.csv"]
    monkeypatch.setenv("DEEPBIO_MIRROR", f"{publisher[0]}/mirror/")
    assert card_file(card, "rows.csv").read_bytes() == CONTENT
    assert publisher[1].asked == ["/mirror/x/rows.csv"]


def test_a_mirror_address_has_the_folders_of_a_mirror_folder(tmp_path, monkeypatch, publisher, card):
    publisher[1].served["/mirror/shared/rows.csv"] = publisher[1].served["/x/rows.csv"]
    monkeypatch.setenv("DEEPBIO_MIRROR", f"{publisher[0]}/mirror")
    card.facts["mirror_folder"] = "shared"
    assert card_file(card, "rows.csv").read_bytes() == CONTENT
    assert publisher[1].asked == ["/mirror/shared/rows.csv"]


def test_a_mirror_that_is_no_folder_is_named(monkeypatch, tmp_path, card):
    monkeypatch.setenv("DEEPBIO_MIRROR", str(tmp_path / "miror"))
    with pytest.raises(DataError, match="DEEPBIO_MIRROR is '.*miror', and there is no such folder"):
        card_file(card, "rows.csv")


def test_where_the_mirror_has_nothing_the_publisher_is_asked(monkeypatch, publisher, card):
    monkeypatch.setenv("DEEPBIO_MIRROR", f"{publisher[0]}/mirror")
    assert card_file(card, "rows.csv").read_bytes() == CONTENT
    assert publisher[1].asked == ["/mirror/x/rows.csv", "/x/rows.csv"]


def test_any_of_several_digests_is_accepted(tmp_path, publisher, card):
    both = ["0" * 64, hashlib.sha256(CONTENT).hexdigest()]
    assert card_file(_card(tmp_path, url=f"{publisher[0]}/x/rows.csv", sha256=both), "rows.csv").is_file()


WRONG = {
    "other bytes": (b"changed", 7, "SHA-256 should be"),
    "half a download": (
        CONTENT[: 2 * BLOCK],
        len(CONTENT),
        "the connection broke off before the end; what has come is kept",
    ),
    "nothing": (b"", 0, "SHA-256 should be"),
    "no such file": (None, 0, "the server answered 404"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_not_the_file_is_refused_and_leaves_nothing(card, tmp_path, publisher, case):
    body, length, message = WRONG[case]
    publisher[1].served["/x/rows.csv"] = (body, length)
    with pytest.raises(DataError, match=f"could not be downloaded.*(?:{message}).*Ask the publisher"):
        card_file(card, "rows.csv")
    left = {path.name for path in (tmp_path / "cache").rglob("*") if path.is_file()}
    assert left <= {".rows.csv.lock", *([".rows.csv.part"] if case == "half a download" else [])}


def test_a_download_that_breaks_off_goes_on_from_there(card, tmp_path, publisher):
    publisher[1].breaks = [BLOCK + 5000, BLOCK + 8000]
    assert card_file(card, "rows.csv").read_bytes() == CONTENT
    assert publisher[1].ranges == [None, f"bytes={BLOCK + 5000}-", f"bytes={2 * BLOCK + 13_000}-"]
    assert not list((tmp_path / "cache").rglob("*.part"))


def test_the_next_call_goes_on_where_an_earlier_one_was_ended(card, tmp_path, publisher):
    _part(tmp_path, CONTENT[:7000])
    assert card_file(card, "rows.csv").read_bytes() == CONTENT
    assert publisher[1].ranges == ["bytes=7000-"]


def test_what_was_whole_before_the_process_ended_is_not_fetched_again(card, tmp_path, publisher):
    _part(tmp_path, CONTENT)
    assert card_file(card, "rows.csv").read_bytes() == CONTENT
    assert publisher[1].asked == []


@pytest.mark.parametrize(
    ("before", "ranges"),
    [(b"of another file", ["bytes=15-", None]), (CONTENT + b"more", ["bytes=230004-", None])],
    ids=["the beginning of another file", "more than the file"],
)
def test_a_wrong_beginning_is_dropped_and_all_fetched(card, tmp_path, publisher, before, ranges):
    _part(tmp_path, before)
    assert card_file(card, "rows.csv").read_bytes() == CONTENT
    assert publisher[1].ranges == ranges


def test_a_server_that_cannot_go_on_sends_all_again(card, publisher, monkeypatch):
    monkeypatch.setattr(publisher[1], "resumes", False)
    publisher[1].breaks = [2 * BLOCK]
    assert card_file(card, "rows.csv").read_bytes() == CONTENT
    assert publisher[1].ranges == [None, f"bytes={2 * BLOCK}-"]


def _part(tmp_path, content):
    (tmp_path / "cache" / "x").mkdir(parents=True)
    (tmp_path / "cache" / "x" / ".rows.csv.part").write_bytes(content)


def test_a_publisher_out_of_reach_is_named(tmp_path, card):
    with pytest.raises(
        DataError, match=r"could not be downloaded\. http://127\.0\.0\.1:9/.*no connection to 127\.0\.0\.1:9"
    ):
        card_file(_card(tmp_path, url="http://127.0.0.1:9/rows.csv"), "rows.csv")


def test_a_changed_file_in_the_cache_is_fetched_again(card, publisher):
    card_file(card, "rows.csv").write_bytes(b"rotten")
    assert card_file(card, "rows.csv").read_bytes() == CONTENT
    assert len(publisher[1].asked) == 2


def test_offline_nothing_is_asked(card, monkeypatch, publisher):
    monkeypatch.setenv("DEEPBIO_OFFLINE", "1")
    with pytest.raises(DataError, match="DEEPBIO_OFFLINE forbids"):
        card_file(card, "rows.csv")
    assert publisher[1].asked == []


def test_a_file_without_an_address_says_where_to_get_it(tmp_path, card):
    mine = _card(tmp_path)
    assert availability(mine) == "user-supplied"
    with pytest.raises(
        DataError, match=r"does not come with deepbio\. Ask the publisher\. Put the file at .*rows\.csv"
    ):
        card_file(mine, "rows.csv")


def test_a_cache_that_is_a_file_is_named(card, tmp_path):
    (tmp_path / "cache").write_text("")
    with pytest.raises(DeepbioError, match="cache"):
        card_file(card, "rows.csv")


@pytest.fixture
def bundled(tmp_path):
    (tmp_path / "rows.csv").write_bytes(b"a,b\n")
    digest = hashlib.sha256(b"a,b\n").hexdigest()
    (tmp_path / "card.md").write_text(f"---\nname: x\nfiles:\n  - {{name: rows.csv, sha256: {digest}}}\n---\n")
    return read_card(tmp_path)


def test_a_file_beside_the_card_is_returned(bundled):
    assert card_file(bundled, "rows.csv") == bundled.folder / "rows.csv"


def test_a_changed_file_is_refused_with_both_hashes(bundled):
    listed = bundled["files"][0]["sha256"]
    (bundled.folder / "rows.csv").write_bytes(b"a,c\n")
    found = hashlib.sha256(b"a,c\n").hexdigest()
    with pytest.raises(DataError, match=f"rows.csv has changed.* should be {listed} and is {found}"):
        card_file(bundled, "rows.csv")


def test_a_missing_file_is_refused(bundled):
    (bundled.folder / "rows.csv").unlink()
    with pytest.raises(DataError, match=r"rows\.csv"):
        card_file(bundled, "rows.csv")


def test_a_file_that_the_card_does_not_list_is_refused(bundled):
    (bundled.folder / "other.csv").write_text("")
    with pytest.raises(DataError, match="lists no file 'other.csv'"):
        card_file(bundled, "other.csv")
