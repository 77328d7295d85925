"""Intervals and corrections. All intervals are 95 % unless a level is given; shapes broadcast."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Numbers = Any  # int, float or an array of them

LEVEL = 0.95
Z = 1.959963984540054  # the 97.5 % quantile of the standard normal


def wilson(successes: Numbers, trials: Numbers, z: float = Z) -> tuple[Floats, Floats]:
    """The score interval of a proportion (Wilson 1927, eq. 4); NaN where there were no trials."""
    k = np.asarray(successes, np.float64)
    n = np.asarray(trials, np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        p = k / n
        centre = p + z * z / (2 * n)
        half = z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        low, high = (centre - half) / (1 + z * z / n), (centre + half) / (1 + z * z / n)
    # at 0 and n the exact bound is 0 and 1; rounding must not cross the estimate
    return np.where(k == 0, np.where(n > 0, 0.0, np.nan), low), np.where(
        k == n, np.where(n > 0, 1.0, np.nan), high
    )


def newcombe(k1: Numbers, n1: Numbers, k2: Numbers, n2: Numbers) -> tuple[Floats, Floats]:
    """The interval of p1 - p2 from two score intervals (Newcombe 1998, method 10)."""
    p1, p2 = ratio(k1, n1), ratio(k2, n2)
    low1, high1 = wilson(k1, n1)
    low2, high2 = wilson(k2, n2)
    difference = p1 - p2
    low = difference - np.sqrt((p1 - low1) ** 2 + (high2 - p2) ** 2)
    high = difference + np.sqrt((high1 - p1) ** 2 + (p2 - low2) ** 2)
    return low, high


def ratio(part: Numbers, whole: Numbers) -> Floats:
    """The quotient part / whole, NaN where the whole is nothing."""
    part, whole = np.asarray(part, np.float64), np.asarray(whole, np.float64)
    part, whole = np.broadcast_arrays(part, whole)
    return np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole != 0)


def two_proportions(k1: Numbers, n1: Numbers, k2: Numbers, n2: Numbers) -> Floats:
    """p-values of p1 = p2, two-sided: the score test with pooled variance; NaN without trials."""
    from scipy.stats import norm

    k1, n1, k2, n2 = (np.asarray(one, np.float64) for one in (k1, n1, k2, n2))
    pooled = ratio(k1 + k2, n1 + n2)
    with np.errstate(invalid="ignore", divide="ignore"):
        error = np.sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n2))
        score = np.abs(ratio(k1, n1) - ratio(k2, n2)) / error
    # nobody or everybody on both sides: no difference at all
    p: Floats = np.where(error == 0, 1.0, 2 * norm.sf(score))
    return np.where((n1 > 0) & (n2 > 0), p, np.nan)


def corrected(p_values: Numbers) -> Floats:
    """p-values of one family after Benjamini and Hochberg (1995); NaN stays NaN."""
    from scipy.stats import false_discovery_control

    p = np.asarray(p_values, np.float64)
    out = np.full(p.shape, np.nan)
    real = ~np.isnan(p)
    if real.any():
        out[real] = false_discovery_control(p[real])
    return out


def quantile(ordered: npt.NDArray[Any], share: float) -> Any:
    """The least value that at least this share of the sorted values does not exceed."""
    place = max(int(np.ceil(share * len(ordered) - 1e-9)) - 1, 0)
    return ordered[place]


def quantile_interval(
    ordered: npt.NDArray[Any], share: float = 0.5, independent: float | None = None
) -> tuple[Any, Any]:
    """The order statistics that enclose a quantile with at least 95 % (binomial; Conover 1999).

    Fewer than six values cannot enclose a median at that level: the extremes are returned.

    Args:
        ordered: the values.
        share: which quantile.
        independent: as how many independent values they count, if not each by itself.
    """
    from scipy.stats import binom

    n = len(ordered)
    drawn = n if independent is None else max(min(int(independent), n), 1)
    low = int(binom.ppf((1 - LEVEL) / 2, drawn, share)) - 1
    high = int(binom.ppf(1 - (1 - LEVEL) / 2, drawn, share))
    # the place of the k-th of `drawn` among n; with each by itself, the k-th
    first, last = low * n // drawn, -(-(high + 1) * n // drawn) - 1
    return ordered[max(first, 0)], ordered[min(last, n - 1)]
