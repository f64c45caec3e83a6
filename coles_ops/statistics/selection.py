"""What the best of many would have scored if all were noise."""

import numpy as np
from scipy.integrate import quad
from scipy.stats import norm


def chance_error(positives: int, negatives: int) -> float:
    """Standard error of the ROC-AUC of predictions that know nothing (Mann and Whitney 1947)."""
    return float(np.sqrt((positives + negatives + 1) / (12 * positives * negatives)))


def expected_best(trials: int) -> float:
    """Mean of the largest of so many standard normal numbers.

    Of trials whose scores are independent; of correlated ones the largest is smaller.
    """
    return quad(lambda x: x * trials * norm.pdf(x) * norm.cdf(x) ** (trials - 1), -10, 10)[0]


def best_of_noise(trials: int, error: float, chance: float = 0.5, share: float = 0.95) -> tuple[float, float]:
    """The best score of so many trials that know nothing: its mean, and the bound that this share of them stays below.

    Args:
        trials: scored on the same clients.
        error: standard error of one score.
        chance: score of who knows nothing.
        share: of searches.
    """
    return chance + error * expected_best(trials), chance + error * float(norm.ppf(share ** (1 / trials)))
