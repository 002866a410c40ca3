"""The catalog: mapping files become one frozen `Catalog`, or a list of everything that is wrong with them."""

from bridge.catalog.display import show
from bridge.catalog.examples import check_examples, count_examples
from bridge.catalog.loading import Loaded, fingerprint, load_catalog, load_texts

__all__ = ["Loaded", "check_examples", "count_examples", "fingerprint", "load_catalog", "load_texts", "show"]
