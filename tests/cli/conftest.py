"""The command line, called in this process, and three runs to call it with."""

import sys

import pytest

from deepbio.cli.main import main


@pytest.fixture
def run(capsys, monkeypatch, tmp_path):
    """Call `deepbio` in an empty folder; return exit code, standard output and standard error."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["deepbio", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        return ended.value.code or 0, printed.out, printed.err

    return run


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """Three runs: an MLP on `xor`, a CNN on the promoters and LeNet-5 on `digits`; each is in the folder of its data set."""
    from deepbio.datasets import load_dataset
    from deepbio.training import fit
    from deepbio.zoo import get_model

    folder = tmp_path_factory.mktemp("runs")
    for name, dataset, epochs in (("mlp", "xor", 3), ("dna_cnn", "ecoli_promoters", 1), ("lenet5", "digits", 1)):
        data = load_dataset(dataset)
        fit(get_model(name, dataset=data, seed=0), data, out=folder / dataset, epochs=epochs, verbose=False)
    return folder
