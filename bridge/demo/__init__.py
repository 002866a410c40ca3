"""`bridge demo`: the sandbox, the bridge with the shipped mappings, and signed webhooks that show what can happen."""

from bridge.demo.stage import run_sandbox
from bridge.demo.story import Demo, run_demo

__all__ = ["Demo", "run_demo", "run_sandbox"]
