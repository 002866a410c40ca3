"""All SQL of the outbox, as named constants by subject; parameters are `:name`."""
