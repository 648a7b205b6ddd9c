"""The invented district: who lives there, made from a seed, and how it is loaded."""
