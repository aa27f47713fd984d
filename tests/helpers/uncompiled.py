"""Stands in for `nrms_np.kernels.engine.compile` in copies with a bug: loops stay plain Python."""


def compiled(loop):
    """The loop as it is."""
    return loop


compiled_freely = inlined = compiled
