"""How fast the house is, measured against floors of the same run: `make bench`.

docs/benchmarks.md says how to read the lines and what was measured last.
"""
