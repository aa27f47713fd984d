"""Where Numba is not installed, tests that ask for the kernels are skipped, and all others run on the plain layers."""

from collections.abc import Generator
from importlib.util import find_spec

import pytest

from nrms_np.errors import NrmsError


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    try:
        return (yield)
    except NrmsError as error:
        if find_spec("numba") is None and "need Numba" in str(error):
            pytest.skip(str(error))
        raise
