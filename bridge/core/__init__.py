"""The pure core: values and decisions. Time, ids, randomness and bytes are arguments; nothing here does I/O."""
