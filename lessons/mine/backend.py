"""The third backend, `mine`: the package's loops over the sequences of a batch, with the reader's functions inside them."""

from __future__ import annotations

from importlib.util import find_spec, module_from_spec
from types import ModuleType, SimpleNamespace
from typing import cast

from lessons.mine.pieces import Pieces, replace
from nrms_np.backend import MODULES, Backend


def backend_of(pieces: Pieces) -> Backend:
    """All functions that a Backend has; those that the reader has not written are the package's `layers`.

    So are those of the forms that the course's model does not have: bilinear attention, the plain mean, a plain product.
    """
    loops, replacements = _own_copy(MODULES["layers"]), pieces.replacements()
    replace(loops, replacements)
    for name, value in list(vars(loops).items()):
        if isinstance(value, ModuleType) and value.__name__.startswith("nrms_np.layers."):
            layers = SimpleNamespace(**vars(value))
            replace(layers, replacements)
            setattr(loops, name, layers)
    return cast(Backend, SimpleNamespace(**{name: getattr(loops, name) for name in Backend.__annotations__}))


def _own_copy(name: str) -> ModuleType:
    """A module run a second time: its names can be changed, and the first stays as it is."""
    spec = find_spec(name)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
