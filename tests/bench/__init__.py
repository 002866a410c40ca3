"""Benchmarks: ratios against baselines that run beside the bridge. `make bench` or `python -m tests.bench`."""
