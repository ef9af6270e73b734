"""`deepbio report`: a page with subgroups of the data."""

import numpy as np
import pytest

from deepbio.cli.report import read_columns
from deepbio.errors import DataError


def test_a_report_has_subgroups_of_the_inputs_and_of_a_table(run, tmp_path):
    from deepbio.datasets import load_dataset
    from deepbio.training import fit
    from deepbio.zoo import get_model

    data = load_dataset("uci_splice")
    fit(get_model("logistic", dataset=data, seed=0), data, out=tmp_path / "run", epochs=1, verbose=False)
    names = data.test.names(np.arange(len(data.test)))
    table = tmp_path / "facts.csv"
    table.write_text("id,strand\n" + "".join(f"{name},{'+-'[i % 2]}\n" for i, name in enumerate(names)))
    page = tmp_path / "page.html"
    code, _, err = run("report", tmp_path / "run", "-o", page, "--columns", table, "--worst", 2)
    assert code == 0, err
    text = page.read_text().replace("<wbr>", "")
    for words in ("GC content", "strand", "Worst errors", "uci_splice:"):
        assert words in text


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("name,sex\na,f\n", "needs a column 'id'"),
        ("id,sex\na,f\na,m\n", "more than once"),
        ("id,sex\nz,f\n", "has no row of these examples"),
    ],
)
def test_a_table_that_does_not_fit_is_refused(tmp_path, content, message):
    file = tmp_path / "facts.csv"
    file.write_text(content)
    with pytest.raises(DataError, match=message):
        read_columns(file, ["a", "b"])
