"""Errors survive the way from one process to another."""

from __future__ import annotations

import copy
import pickle

import pytest

from nrms_np import errors

MADE = [
    *(made("a sentence.") for made in (errors.NrmsError, errors.ModelFileError, errors.ConfigError)),
    *(made("a sentence.") for made in (errors.DiskFullError, errors.NestedRunError)),
    errors.DataError("a.tsv", "it is broken.", 3),
    errors.DataError("a.tsv", "it is broken."),
    errors.UnknownNewsError(["N1", "N2"]),
    errors.Ended(),
]


@pytest.mark.parametrize("copied", [copy.copy, lambda error: pickle.loads(pickle.dumps(error))])
@pytest.mark.parametrize("error", MADE, ids=lambda error: type(error).__name__)
def test_a_copy_of_an_error_says_the_same(error, copied):
    other = copied(error)
    assert (type(other), str(other), vars(other)) == (type(error), str(error), vars(error))


def test_none_is_forgotten():
    ours = {one for one in vars(errors).values() if isinstance(one, type) and one.__module__ == errors.__name__}
    assert ours == {type(error) for error in MADE}
