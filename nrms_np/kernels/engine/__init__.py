"""How the machine is used: compiled loops, threads, memory. What is about the model lives one folder up."""

from importlib.util import find_spec

if find_spec("numba"):
    from nrms_np.kernels.engine import lane_instructions  # noqa: F401  (tells Numba what the operations on lanes are)
