"""Data sets: `load_dataset`, `Dataset`, `Split`, cards and splits that cannot leak."""

from deepbio.datasets.assign import assign_splits, grouped_folds
from deepbio.datasets.cards import Card, dataset_card, list_datasets, read_card
from deepbio.datasets.dataset import Dataset
from deepbio.datasets.leakage import LeakageReport, check_leakage
from deepbio.datasets.load import load_dataset, names_files, rebuild
from deepbio.datasets.split import Source, Split, balanced_order, epoch_order
from deepbio.datasets.splitting import identical
from deepbio.isolated import isolated

__all__ = [
    "Card",
    "Dataset",
    "LeakageReport",
    "Source",
    "Split",
    "assign_splits",
    "balanced_order",
    "check_leakage",
    "dataset_card",
    "epoch_order",
    "grouped_folds",
    "identical",
    "isolated",
    "list_datasets",
    "load_dataset",
    "names_files",
    "read_card",
    "rebuild",
]
