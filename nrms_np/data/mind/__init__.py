"""Where MIND is, how it gets here, whether it is whole."""
