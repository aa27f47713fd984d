"""The best news of a split for a user, a history or typed titles, `python -m nrms_np.recommend`."""
