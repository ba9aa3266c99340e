"""Durations in buckets: as exact as promised, mergeable, bounded."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.histogram import BUCKETS, RELATIVE_ERROR, DurationHistogram, quantiles_ms

SHARES = (0.01, 0.5, 0.9, 0.95, 0.99, 0.999)


def nearest(values: np.ndarray, share: float) -> float:
    return float(np.sort(values)[max(0, math.ceil(share * len(values)) - 1)])


@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("spread", [0.01, 1.0, 3.0])
def test_quantiles_are_within_half_a_percent(share: float, spread: float) -> None:
    values = np.random.default_rng(4).lognormal(1.0, spread, 20_000)
    found = DurationHistogram.of(values).quantile_ms(share)
    assert found == pytest.approx(nearest(values, share), rel=RELATIVE_ERROR * 1.001)


def test_mean_and_extremes_are_exact() -> None:
    found = DurationHistogram.of([3.0, 1.0, 2.0])
    assert (found.least_ms, found.most_ms, found.mean_ms, found.count) == (1.0, 3.0, 2.0, 3)


@given(
    st.lists(st.floats(0, 1e9), max_size=50),
    st.lists(st.floats(0, 1e9), max_size=50),
    st.sampled_from(SHARES),
)
def test_merging_is_counting_all(one: list[float], other: list[float], share: float) -> None:
    merged, whole = DurationHistogram.of(one), DurationHistogram.of([*one, *other])
    merged.merge(DurationHistogram.of(other))
    assert merged.sparse() == whole.sparse()
    np.testing.assert_equal(merged.quantile_ms(share), whole.quantile_ms(share))
    assert sum(whole.sparse().values()) == len(one) + len(other)


@given(st.floats(0, 1e12))
def test_one_value_is_every_quantile(value: float) -> None:
    found = DurationHistogram.of([value])
    assert found.quantile_ms(0.0) == found.quantile_ms(1.0) == pytest.approx(value, rel=1e-9)


def test_several_quantiles_are_each_of_them() -> None:
    found = DurationHistogram.of(np.random.default_rng(5).lognormal(1.0, 1.0, 999))
    assert found.several_ms(SHARES) == [found.quantile_ms(share) for share in SHARES]


def test_none_have_no_quantile() -> None:
    empty = DurationHistogram()
    assert math.isnan(empty.quantile_ms(0.5))
    assert math.isnan(empty.mean_ms)


@pytest.mark.parametrize("value", [-1e-9, math.nan, math.inf])
def test_what_is_no_duration_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="finite and not negative"):
        DurationHistogram().add(value)


def test_sparse_counts_come_back_with_the_same_quantiles() -> None:
    values = np.random.default_rng(5).lognormal(0, 2, 500)
    found = DurationHistogram.of(values)
    again = DurationHistogram.from_sparse(found.sparse())
    assert again.sparse() == found.sparse()
    assert again.quantile_ms(0.5) == pytest.approx(found.quantile_ms(0.5))
    assert again.mean_ms == pytest.approx(found.mean_ms, rel=RELATIVE_ERROR)


@pytest.mark.parametrize("counts", [{-1: 1}, {BUCKETS: 1}, {3: -1}])
def test_sparse_counts_that_cannot_be_are_refused(counts: dict[int, int]) -> None:
    with pytest.raises(ValueError, match="expected buckets"):
        DurationHistogram.from_sparse(counts)


def test_rows_of_counts_have_their_own_quantiles() -> None:
    rows = np.array([DurationHistogram.of([value]).counts for value in (1.0, 10.0)])
    found = quantiles_ms(np.vstack([rows, np.zeros((1, BUCKETS), np.int64)]), 0.5)
    assert found[:2] == pytest.approx([1.0, 10.0], rel=RELATIVE_ERROR)
    assert math.isnan(found[2])
