"""Metrics of predictions: pure functions on `(y, p)`, with intervals.

`summarize` returns the metrics that suit a task, each with the interval that suits it; `value` returns one while training.
`register_metric` adds one of your own.

Shared arguments. `y` is the truth: binary `(n,)` of 0 and 1, class indices `(n, ...)`, or labels `(n, labels)` of 0 and 1 with NaN
for unknown. `p` is the prediction: `(n,)`, with a last axis over classes `(n, ..., classes)`, or `(n, labels)`. A binary decision or
label is positive where `p >= threshold`. `weights` is `(n,)` for one value, or `(n_resamples, n)` for one value per row.
`confidence` is the probability with which an interval should cover the truth.
"""

from deepbio.metrics.arrays import UndefinedMetricWarning
from deepbio.metrics.calibration import (
    Isotonic,
    Platt,
    Temperature,
    adjust_prevalence,
    calibrator_from_dict,
    fit_isotonic,
    fit_platt,
    fit_temperature,
)
from deepbio.metrics.calibration_bins import CalibrationBin, calibration_bins
from deepbio.metrics.calibration_error import ece_interval
from deepbio.metrics.classification import (
    accuracy,
    balanced_accuracy,
    confusion_matrix,
    f1,
    kappa,
    mcc,
    per_class_error,
    precision_at_k,
    top_k,
)
from deepbio.metrics.comparison import (
    Comparison,
    DeLongTest,
    McNemar,
    bootstrap_p_value,
    delong_interval,
    delong_test,
    delong_variance,
    holm,
    mcnemar,
    paired_bootstrap,
)
from deepbio.metrics.decision_curve import OperatingPoint, net_benefit, operating_point
from deepbio.metrics.probability import Reliability, brier, ece, log_loss, reliability
from deepbio.metrics.profiles import jensen_shannon, multinomial_nll
from deepbio.metrics.ranking import auprc, auroc, prevalence, sensitivity_at_specificity, specificity_at_sensitivity
from deepbio.metrics.registry import METRICS, Metric, default_metrics, direction, metric, metric_names, register_metric
from deepbio.metrics.regression import mae, pearson, poisson_deviance, r2, rmse, spearman
from deepbio.metrics.resampling import Estimate, bootstrap, bootstrap_distribution, bootstrap_weights, interval
from deepbio.metrics.segmentation import dice, iou, mean_dice, mean_iou
from deepbio.metrics.summary import summarize, value
from deepbio.metrics.thresholds import choose_threshold, conformal_cutoff, conformal_radius, prediction_sets

__all__ = [
    "METRICS",
    "CalibrationBin",
    "Comparison",
    "DeLongTest",
    "Estimate",
    "Isotonic",
    "McNemar",
    "Metric",
    "OperatingPoint",
    "Platt",
    "Reliability",
    "Temperature",
    "UndefinedMetricWarning",
    "accuracy",
    "adjust_prevalence",
    "auprc",
    "auroc",
    "balanced_accuracy",
    "bootstrap",
    "bootstrap_distribution",
    "bootstrap_p_value",
    "bootstrap_weights",
    "brier",
    "calibration_bins",
    "calibrator_from_dict",
    "choose_threshold",
    "conformal_cutoff",
    "conformal_radius",
    "confusion_matrix",
    "default_metrics",
    "delong_interval",
    "delong_test",
    "delong_variance",
    "dice",
    "direction",
    "ece",
    "ece_interval",
    "f1",
    "fit_isotonic",
    "fit_platt",
    "fit_temperature",
    "holm",
    "interval",
    "iou",
    "jensen_shannon",
    "kappa",
    "log_loss",
    "mae",
    "mcc",
    "mcnemar",
    "mean_dice",
    "mean_iou",
    "metric",
    "metric_names",
    "multinomial_nll",
    "net_benefit",
    "operating_point",
    "paired_bootstrap",
    "pearson",
    "per_class_error",
    "poisson_deviance",
    "precision_at_k",
    "prediction_sets",
    "prevalence",
    "r2",
    "register_metric",
    "reliability",
    "rmse",
    "sensitivity_at_specificity",
    "spearman",
    "specificity_at_sensitivity",
    "summarize",
    "top_k",
    "value",
]
