"""Metrics of predictions: pure functions on `(y, p)`, with intervals.

`summarize` gives the metrics that suit a task, each with a bootstrap interval; `value` gives one while training.
"""

from deepbio.metrics.classification import accuracy, balanced_accuracy, f1, kappa, mcc, precision_at_k, top_k
from deepbio.metrics.comparison import Comparison, McNemar, holm, mcnemar, paired_bootstrap
from deepbio.metrics.confusion import confusion_matrix, per_class_error
from deepbio.metrics.delong import DeLongTest, delong_interval, delong_test, delong_variance
from deepbio.metrics.estimate import Estimate, UndefinedMetricWarning
from deepbio.metrics.probability import Reliability, brier, ece, log_loss, reliability
from deepbio.metrics.profiles import jensen_shannon, multinomial_nll
from deepbio.metrics.ranking import auprc, auroc, prevalence, sensitivity_at_specificity, specificity_at_sensitivity
from deepbio.metrics.regression import mae, pearson, poisson_deviance, r2, rmse, spearman
from deepbio.metrics.resampling import bootstrap, bootstrap_draws, bootstrap_weights, interval
from deepbio.metrics.segmentation import dice, iou
from deepbio.metrics.summary import METRICS, Metric, default_metrics, direction, metric, metric_names, summarize, value

__all__ = [
    "METRICS",
    "Comparison",
    "DeLongTest",
    "Estimate",
    "McNemar",
    "Metric",
    "Reliability",
    "UndefinedMetricWarning",
    "accuracy",
    "auprc",
    "auroc",
    "balanced_accuracy",
    "bootstrap",
    "bootstrap_draws",
    "bootstrap_weights",
    "brier",
    "confusion_matrix",
    "default_metrics",
    "delong_interval",
    "delong_test",
    "delong_variance",
    "dice",
    "direction",
    "ece",
    "f1",
    "holm",
    "interval",
    "iou",
    "jensen_shannon",
    "kappa",
    "log_loss",
    "mae",
    "mcc",
    "mcnemar",
    "metric",
    "metric_names",
    "multinomial_nll",
    "paired_bootstrap",
    "pearson",
    "per_class_error",
    "poisson_deviance",
    "precision_at_k",
    "prevalence",
    "r2",
    "reliability",
    "rmse",
    "sensitivity_at_specificity",
    "spearman",
    "specificity_at_sensitivity",
    "summarize",
    "top_k",
    "value",
]
