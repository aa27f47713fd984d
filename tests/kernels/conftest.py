"""The kernels' own tests need Numba: uncompiled, the loops would take hours."""

from importlib.util import find_spec

collect_ignore_glob = [] if find_spec("numba") else ["*"]
