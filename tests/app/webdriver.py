"""A browser driven by the W3C WebDriver protocol over chromedriver, in the few calls that the tests of the app need.

Source: https://www.w3.org/TR/webdriver2/.
"""

from __future__ import annotations

import base64
import json
import shutil
import socket
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import Any

BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
_LOADED = "document.readyState === 'complete' && [...document.querySelectorAll('link[rel=stylesheet]')].every((one) => one.sheet)"
ENTER, TAB, RIGHT = "\ue007", "\ue004", "\ue014"


class Browser:
    """A headless browser that can reach 127.0.0.1 only.

    Args:
        folder: Folder for its profile and its log of network events.
        width, height: Size of the window.
        dark: Whether pages are asked for their dark look.
    """

    def __init__(self, folder: Path, *, width: int = 1280, height: int = 900, dark: bool = False) -> None:
        assert DRIVER is not None
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.net_log = folder / "net.json"
        self._process = subprocess.Popen(
            [DRIVER, f"--port={port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self._address = f"http://127.0.0.1:{port}"
        arguments = [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--hide-scrollbars",
            "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1", f"--user-data-dir={folder / 'profile'}",
            f"--log-net-log={self.net_log}", f"--window-size={width},{height}",
            f"--blink-settings=preferredColorScheme={0 if dark else 1}",
        ]  # fmt: skip
        options = {"binary": BROWSER, "args": arguments}
        capabilities = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
        self._session = ""
        until = time.monotonic() + 20
        while True:
            try:
                found = self._call("POST", "/session", {"capabilities": {"alwaysMatch": capabilities}})
                break
            except OSError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)
        self._session = f"/session/{found['sessionId']}"
        self.resize(width, height)

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self._address + path, data, {"content-type": "application/json"}, method=method
        )
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.load(answer)["value"]

    def close(self) -> None:
        """End the browser, which then has written its log."""
        try:
            self._call("DELETE", self._session)
        finally:
            self._process.terminate()
            self._process.wait(20)

    def open(self, address: str) -> None:
        """Load a page, and wait for its style sheets: chromedriver sometimes returns before them."""
        self._call("POST", f"{self._session}/url", {"url": address})
        self.wait(_LOADED)

    def run(self, script: str, *arguments: Any) -> Any:
        """Return what a script of the page returns."""
        return self._call("POST", f"{self._session}/execute/sync", {"script": script, "args": list(arguments)})

    def resize(self, width: int, height: int) -> None:
        """Set the size of what the page sees."""
        self._call(
            "POST", f"{self._session}/goog/cdp/execute",
            {"cmd": "Emulation.setDeviceMetricsOverride",
             "params": {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}},
        )  # fmt: skip

    def _find(self, selector: str) -> str:
        found = self._call("POST", f"{self._session}/element", {"using": "css selector", "value": selector})
        return f"{self._session}/element/{found[_ELEMENT]}"

    def click(self, selector: str) -> None:
        """Click on an element as a user does."""
        self.run("document.querySelector(arguments[0]).scrollIntoView({block: 'center'})", selector)
        self._call("POST", f"{self._find(selector)}/click", {})

    def type(self, selector: str, text: str) -> None:
        """Type into an element, or choose a file by its path."""
        self._call("POST", f"{self._find(selector)}/value", {"text": text})

    def press(self, key: str) -> None:
        """Press a key where the focus is."""
        actions = [{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]
        self._call("POST", f"{self._session}/actions", {"actions": [{"type": "key", "id": "k", "actions": actions}]})

    def text(self, selector: str) -> str:
        """Return the visible text of an element."""
        return self.run("return document.querySelector(arguments[0])?.innerText ?? ''", selector)

    def wait(self, script: str, *, seconds: float = 60) -> Any:
        """Return the value of an expression of the page once it is true."""
        until = time.monotonic() + seconds
        while not (found := self.run(f"return {script}")):
            assert time.monotonic() < until, f"{script}; the page says: {self.text('main')[:1500]}"
            time.sleep(0.05)
        return found

    def messages(self) -> list[str]:
        """Return what the page wrote to its console since the last call, violations of its policy included."""
        found = self._call("POST", f"{self._session}/se/log", {"type": "browser"})
        return [entry["message"] for entry in found]

    def picture(self, path: Path) -> None:
        """Save what is visible as PNG."""
        path.write_bytes(base64.b64decode(self._call("GET", f"{self._session}/screenshot")))

    def asked(self) -> set[str]:
        """Return the addresses of all requests of a closed browser, from its log of network events."""
        text = self.net_log.read_text(encoding="utf-8")
        events = json.loads(text if text.rstrip().endswith("}") else text.rstrip().rstrip(",") + "]}")["events"]
        return {event["params"]["url"] for event in events if "url" in (event.get("params") or {})}
