"""A campaign over a virtual clock: the same estimator, pacer, law and order, a day in seconds."""
