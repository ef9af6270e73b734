"""A real browser for tests: headless Chromium that reaches 127.0.0.1 only, driven by its DevTools protocol over two pipes.

https://chromedevtools.github.io/devtools-protocol/; a message is JSON and ends with a zero byte.
"""

import base64
import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
OPTIONS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--hide-scrollbars",
    "--remote-debugging-pipe", "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
]  # fmt: skip
_KEYS = {
    "Space": (" ", 32), "Enter": ("\r", 13), "Tab": ("", 9),
    "ArrowLeft": ("", 37), "ArrowUp": ("", 38), "ArrowRight": ("", 39), "ArrowDown": ("", 40),
}  # fmt: skip


class Browser:
    """One tab. `asked` are the addresses that a page requested, `errors` what its scripts raised, logged or were not allowed."""

    def __init__(self, folder: Path):
        if BROWSER is None:
            pytest.skip("needs Chromium: install the package chromium, or put google-chrome on the path")
        fcntl = pytest.importorskip("fcntl", reason="pipes that a browser inherits need a POSIX system")
        read, self._out = os.pipe()
        self._in, write = os.pipe()
        # the browser reads its descriptor 3 and writes to 4; high numbers, so that neither is overwritten before it is copied
        given = [fcntl.fcntl(one, fcntl.F_DUPFD, 20) for one in (read, write)]
        copy = "import os, sys; r, w, *command = sys.argv[1:]; os.dup2(int(r), 3); os.dup2(int(w), 4); os.execv(command[0], command)"
        command = [
            sys.executable,
            "-ISc",
            copy,
            *map(str, given),
            BROWSER,
            *OPTIONS,
            f"--user-data-dir={folder}",
            "about:blank",
        ]
        self._process = subprocess.Popen(command, pass_fds=given, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for one in (read, write, *given):
            os.close(one)
        self._number, self._rest, self._events = 0, b"", []
        self.asked: list[str] = []
        self.errors: list[str] = []
        target = next(one for one in self._call("Target.getTargets")["targetInfos"] if one["type"] == "page")
        self._session = self._call("Target.attachToTarget", targetId=target["targetId"], flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")

    def close(self) -> None:
        """Close the browser and wait for its end."""
        with contextlib.suppress(OSError):
            self._call("Browser.close")
        self._process.wait(30)
        os.close(self._out)
        os.close(self._in)

    def _message(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            part = os.read(self._in, 1 << 20)
            if not part:
                raise OSError("Chromium has ended")
            self._rest += part
        text, self._rest = self._rest.split(b"\0", 1)
        message = json.loads(text)
        method, params = message.get("method"), message.get("params", {})
        if method == "Network.requestWillBeSent":
            self.asked.append(params["request"]["url"])
        elif method == "Network.webSocketCreated":
            self.asked.append(params["url"])
        elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning", "assert"):
            self.errors.append(json.dumps(params["args"])[:500])
        elif method == "Runtime.exceptionThrown":
            self.errors.append(json.dumps(params["exceptionDetails"])[:500])
        elif method == "Log.entryAdded" and params["entry"]["level"] == "error":
            self.errors.append(params["entry"]["text"])
        return message

    def _call(self, method: str, session: str | None = None, **params: Any) -> Any:
        self._number += 1
        message = {"id": self._number, "method": method, "params": params} | ({"sessionId": session} if session else {})
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while (answer := self._message()).get("id") != self._number:
            self._events.append(answer.get("method"))
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']['message']}")
        return answer["result"]

    def call(self, method: str, **params: Any) -> Any:
        """Call a method of the protocol in the tab and return its result."""
        return self._call(method, self._session, **params)

    def open(
        self, page: Path | str, *, width: int = 1280, height: int = 900, dark: bool = False, still: bool = True
    ) -> None:
        """Open a file or an address at a width, in a theme, with (`still`) or without reduced motion, and wait until it is loaded."""
        self._load("about:blank")  # what the last page still logs is not of this one
        self.call("Log.clear")
        self.asked, self.errors = [], []
        phone = width < 600
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone)
        self.call("Emulation.setTouchEmulationEnabled", enabled=phone)
        features = {
            "prefers-color-scheme": "dark" if dark else "light",
            "prefers-reduced-motion": "reduce" if still else "",
        }
        self.call("Emulation.setEmulatedMedia", features=[{"name": name, "value": v} for name, v in features.items()])
        self._load(page.as_uri() if isinstance(page, Path) else page)

    def _load(self, address: str) -> None:
        self._events = []
        self.call("Page.navigate", url=address)
        while "Page.loadEventFired" not in self._events:
            self._events.append(self._message().get("method"))

    def run(self, expression: str) -> Any:
        """Run JavaScript in the page and return its value; a promise is awaited."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"].get("exception", {}).get("description", expression))
        return answer["result"].get("value")

    def until(self, expression: str, seconds: float = 60) -> None:
        """Wait until an expression is true."""
        end = time.monotonic() + seconds
        while not self.run(expression):
            assert time.monotonic() < end, f"still not true after {seconds} s: {expression}; {self.text('body')[:1500]}"
            time.sleep(0.05)

    def text(self, selector: str) -> str:
        """Return the visible text of an element."""
        return self.run(f"(e => (e.innerText ?? e.textContent).trim())(document.querySelector({json.dumps(selector)}))")

    def focus(self, selector: str) -> None:
        """Focus an element."""
        self.run(f"document.querySelector({json.dumps(selector)}).focus()")

    def press(self, *keys: str, shift: bool = False) -> None:
        """Press keys on the focused element: Space, Tab, an arrow, or a character."""
        for key in keys:
            text, code = _KEYS.get(key, (key, ord(key[0].upper())))
            common = {"key": text or key, "code": key, "windowsVirtualKeyCode": code, "modifiers": 8 * shift}
            self.call("Input.dispatchKeyEvent", type="keyDown", **common, **({"text": text} if text else {}))
            self.call("Input.dispatchKeyEvent", type="keyUp", **common)

    def drag(self, selector: str, start: tuple[float, float], end: tuple[float, float] | None = None) -> None:
        """Press the pointer on an element at pixels from its corner and, with `end`, move it there before it is released."""
        x, y = self.run(
            f"(e => {{ e.scrollIntoView({{block: 'center'}}); const b = e.getBoundingClientRect(); return [b.x, b.y]; }})"
            f"(document.querySelector({json.dumps(selector)}))"
        )
        mouse = {"button": "left", "clickCount": 1}
        self.call("Input.dispatchMouseEvent", type="mousePressed", x=x + start[0], y=y + start[1], **mouse)
        last = end or start
        if end:
            for part in (0.5, 1):
                between = [a + part * (b - a) for a, b in zip(start, end, strict=True)]
                self.call(
                    "Input.dispatchMouseEvent",
                    type="mouseMoved",
                    x=x + between[0],
                    y=y + between[1],
                    button="left",
                    buttons=1,
                )
        self.call("Input.dispatchMouseEvent", type="mouseReleased", x=x + last[0], y=y + last[1], **mouse)

    def touch(self, x: float, y: float, *, up: float = 0) -> None:
        """Put a finger on the page and, with `up`, move it up by so many pixels before it is lifted."""
        self.call("Input.dispatchTouchEvent", type="touchStart", touchPoints=[{"x": x, "y": y}])
        for part in range(1, 11 if up else 1):
            self.call("Input.dispatchTouchEvent", type="touchMove", touchPoints=[{"x": x, "y": y - up * part / 10}])
        self.call("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])

    def click(self, selector: str) -> None:
        """Click the middle of an element."""
        width, height = self.run(
            f"(b => [b.width, b.height])(document.querySelector({json.dumps(selector)}).getBoundingClientRect())"
        )
        self.drag(selector, (width / 2, height / 2))

    def set(self, selector: str, value: Any) -> None:
        """Set a control and tell the page that its user did."""
        self.run(
            f"(e => {{ e.value = {json.dumps(value)}; e.dispatchEvent(new Event('input', {{bubbles: true}}));"
            f" e.dispatchEvent(new Event('change', {{bubbles: true}})); }})(document.querySelector({json.dumps(selector)}))"
        )

    def type(self, selector: str, text: str) -> None:
        """Type into an element."""
        self.focus(selector)
        self.call("Input.insertText", text=text)

    def choose(self, selector: str, file: Path) -> None:
        """Choose a file in an element that takes one."""
        found = self.call("Runtime.evaluate", expression=f"document.querySelector({json.dumps(selector)})")
        self.call("DOM.setFileInputFiles", files=[str(file)], objectId=found["result"]["objectId"])

    def screenshot(self, path: Path | None = None, *, whole: bool = True) -> bytes:
        """Return a picture of the page as PNG, and write it into a file."""
        content = base64.b64decode(
            self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)["data"]
        )
        if path is not None:
            path.write_bytes(content)
        return content
