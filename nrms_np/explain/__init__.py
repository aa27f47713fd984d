"""Why a candidate got its score: the weights of one impression as a picture, `python -m nrms_np.explain`."""
