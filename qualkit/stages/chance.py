"""How probable counts are by chance: tails of the binomial distribution, standard library only."""

from __future__ import annotations

from math import exp, lgamma, log, log1p

_NEGLIGIBLE = 1e-18


def at_most(k: int, *, n: int, p: float) -> float:
    """Probability of `k` or fewer successes in `n` trials of probability `p`."""
    return at_least(n - k, n=n, p=1 - p)


def at_least(k: int, *, n: int, p: float) -> float:
    """Probability of `k` or more successes in `n` trials of probability `p`; exact to some 12 digits."""
    if k <= 0 or p >= 1:
        return float(k <= n)
    if k > n or p <= 0:
        return 0.0
    return _upper(k, n, p) if k > n * p else 1 - _upper(n - k + 1, n, 1 - p)


def _upper(k: int, n: int, p: float) -> float:
    """The same for a `k` above the mean, from where each term is less than the one before."""
    term = exp(lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) + k * log(p) + (n - k) * log1p(-p))
    total = 0.0
    for i in range(k, n + 1):
        total += term
        term *= (n - i) / (i + 1) * p / (1 - p)
        if term < _NEGLIGIBLE * total:
            break
    return min(1.0, total)
