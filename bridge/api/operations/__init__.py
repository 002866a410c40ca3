"""Every operation of the API, by subject."""

from bridge.api.operation import Operation

OPERATIONS: tuple[Operation, ...] = ()
