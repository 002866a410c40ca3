"""The garbage collector, out of the way of receiving."""

import gc

# Parsing an order makes enough objects to start the collector on nearly every request; what is alive after the start
# lives for ever, and what a request makes dies by reference counting.
_COLLECT_AFTER = (50_000, 20, 100)


def calm_collector() -> None:
    """Let it look rarely from now on, and at nothing that is alive already."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)
