"""The district, its towns and its villages, with dated names and merges."""
