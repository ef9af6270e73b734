"""The built site in headless Chromium, opened from disk, with every host name unknown."""

import json
import shutil
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest

SITE = Path(__file__).resolve().parents[2] / "site"
BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
needs_site = [
    pytest.mark.browser,
    pytest.mark.skipif(not (SITE / "index.html").exists(), reason="needs the site: make docs"),
    pytest.mark.skipif(BROWSER is None, reason="needs chromium"),
]


def opened(page, folder, *, query="", options=("--dump-dom",)):
    """Return the document after its scripts have run, and the addresses that the page asked for."""
    log = folder / "net.json"
    command = [
        str(BROWSER), "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync", "--hide-scrollbars", "--host-resolver-rules=MAP * ~NOTFOUND",
        "--virtual-time-budget=15000", f"--user-data-dir={folder / 'profile'}", f"--log-net-log={log}", *options,
        f"{page.as_uri()}{query}",
    ]  # fmt: skip
    found = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout
    events = json.loads(log.read_text())["events"]
    asked = {event["params"]["url"] for event in events if "url" in (event.get("params") or {})}
    own = (".google.com", ".googleapis.com", ".gstatic.com")  # the browser's own requests to its maker
    return found, {url for url in asked if not (urlsplit(url).hostname or "").endswith(own)}


def with_script(page, folder, script):
    """Return a copy of a page, in a folder that mirrors the site, with one more script at its end."""
    inside = page.relative_to(SITE)
    (folder / inside).parent.mkdir(parents=True, exist_ok=True)
    for at in [SITE, *[SITE / part for part in inside.parents if part != Path()]]:
        for entry in at.iterdir():
            copy = folder / entry.relative_to(SITE)
            if not copy.exists() and entry not in page.parents and entry != page:
                copy.symlink_to(entry)
    text = page.read_text(encoding="utf-8")
    (folder / inside).write_text(text.replace("</body>", f"<script>{script}</script></body>"), encoding="utf-8")
    return folder / inside
