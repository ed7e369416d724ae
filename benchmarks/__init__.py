"""Figures that need real material and a quiet machine: `python -m benchmarks.<stage>`."""
