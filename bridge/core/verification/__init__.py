"""Proving who sent a request: schemes as data, one verifier, and the signer that is its mirror."""
