"""Oversight: who may open what, who looked, what stands out."""
