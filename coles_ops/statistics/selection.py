"""What the best of many would have scored if all were noise."""

import numpy as np
from scipy.integrate import quad
from scipy.stats import chi2, norm


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


def best_r2_of_noise(trials: int, clients: int, share: float = 0.95) -> tuple[float, float]:
    """The best squared correlation with the label of so many trials that know nothing, which no R2 of theirs is above.

    Args:
        trials: scored on the same clients.
        clients: that many.
        share: of searches, whose best stays below the second figure.

    Returns:
        Its mean, and that bound.
    """
    mean = quad(lambda x: 1 - chi2.cdf(x, 1) ** trials, 0, 100)[0]
    return mean / (clients - 1), float(chi2.ppf(share ** (1 / trials), 1)) / (clients - 1)
