"""Memory and time of notes of 10,000 words: one epoch of training and one prediction, each model in a process of its own.

python benchmarks/long_notes.py [--models text_cnn caml] [--words 10000] [--notes 16] [--batch 4] [--out FILE]
"""

import sys

from _table import in_turns, script, table, write_page

MODELS = ["bag_of_words", "text_cnn", "caml", "note_evidence", "han", "gru", "note_lstm", "bilstm"]
RUN = """
import json, resource, sys, time
import numpy as np
import deepbio
from deepbio.datasets.build import from_arrays

name, (words, notes, batch) = sys.argv[1], map(int, sys.argv[2:])
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # MiB so far
random = np.random.Generator(np.random.Philox(0))
texts = [" ".join(f"w{k}" for k in random.integers(0, 2000, words)) for _ in range(notes * 2)]
data = from_arrays(texts, ["ill", "well"] * notes, modality="text", length=words)
model = deepbio.get_model(name, dataset=data, seed=0)
before, start = peak(), time.perf_counter()
deepbio.fit(model, data, epochs=1, batch_size=batch, seed=0, verbose=False)
trained, seconds = peak(), time.perf_counter() - start
deepbio.predict(model, data.test, batch_size=batch)
print(json.dumps([len(data.train), before, trained, peak(), seconds]))
"""


@script(__doc__, models=MODELS, words=10_000, notes=16, batch=4)
def main(arguments):
    rows = []
    for name in arguments.models:
        run = in_turns({name: (sys.executable, RUN)}, 1, name, arguments.words, arguments.notes, arguments.batch)
        notes, before, trained, predicted, seconds = run[name][0]
        rows.append([f"`{name}`", notes, *(f"{size:.0f}" for size in (before, trained, predicted)), f"{seconds:.1f}"])
        print(rows[-1], flush=True)
    about = (
        f"Batches of {arguments.batch} notes. Largest memory of the process in MiB: before training (TensorFlow and the data), in "
        "training, in prediction. Other work was on the machine."
    )
    lines = table(("model", "training notes", "before", "training", "after prediction", "seconds per epoch"), rows)
    write_page(arguments, f"Notes of {arguments.words:,} words", about, lines)
