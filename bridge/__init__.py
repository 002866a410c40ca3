"""A webhook bridge for customer feedback: signed webhooks become enqueue requests, and nothing accepted is lost."""

__version__ = "0.1.0"
