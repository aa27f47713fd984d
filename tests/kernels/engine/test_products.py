import numpy as np
import pytest

from nrms_np.kernels.engine import products

SHAPES = [(3, 5, 4), (2000, 60, 70), (600, 2000, 30), (300, 5000, 100), (0, 5, 4), (5, 0, 4), (5000, 300, 1)]


@pytest.mark.parametrize("shape", SHAPES)
def test_a_product_in_parts_is_the_product(shape):
    rng = np.random.default_rng(0)
    n, k, m = shape
    a, b = rng.standard_normal((n, k)), rng.standard_normal((k, m))
    np.testing.assert_allclose(products.matmul(a, b), a @ b, rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(products.matmul(b.T, a.T), (a @ b).T, rtol=1e-10, atol=1e-10)


def test_several_products_are_each_the_product():
    rng = np.random.default_rng(0)
    factors = [(rng.standard_normal(shape[:2]), rng.standard_normal(shape[1:])) for shape in SHAPES]
    for (a, b), found in zip(factors, products.matmuls(*factors), strict=True):
        np.testing.assert_allclose(found, a @ b, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize(
    ("n", "k", "m"), [(5300, 300, 1200), (300, 5300, 1200), (950, 400, 1200), (400, 950, 1200), (21_000, 1200, 300)]
)
def test_every_large_product_is_cut_for_sixteen_threads(n, k, m):
    rows, columns, terms = products.grid(n, k, m, 16)
    assert rows * columns * terms >= 16
    assert n * k * m / (rows * columns * terms) <= products.LARGE_PART


def test_a_tall_product_is_cut_along_its_rows_and_a_wide_one_along_its_sum():
    rows, columns, terms = products.grid(20_000, 300, 400, 16)
    assert rows > columns == terms == 1
    rows, columns, terms = products.grid(300, 20_000, 400, 16)
    assert terms > columns == rows == 1


def test_a_small_product_is_left_whole():
    assert products.grid(100, 100, 100, 16) == (1, 1, 1)
