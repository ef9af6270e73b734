"""Loading TensorFlow without its start-up notes: they are written by C++ straight to standard error."""

from __future__ import annotations

import os
import re
import sys
import tempfile

_NOTES = re.compile(r"^(I\d{4} |WARNING: All log messages before absl|.*failed call to cuInit)")


def load_tensorflow() -> None:
    """Import TensorFlow and find its devices; pass on what it says, but for informational lines and the lack of a GPU."""
    if "tensorflow" in sys.modules:
        return
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as said:
        os.dup2(said.fileno(), 2)
        try:
            import tensorflow as tf

            tf.config.list_physical_devices()
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            said.seek(0)
            for line in said.read().decode(errors="replace").splitlines():
                if not _NOTES.match(line):
                    sys.stderr.write(f"{line}\n")
