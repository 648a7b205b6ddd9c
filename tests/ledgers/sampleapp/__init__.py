"""A ledger that has nothing to do with children: proof that the engine knows none."""
