"""The catalog: mapping files become one frozen `Catalog`, or a list of everything that is wrong with them."""

from bridge.catalog.addresses import ALLOW_PRIVATE
from bridge.catalog.display import masked_text, show
from bridge.catalog.examples import check_examples, count_examples
from bridge.catalog.folder import Look, example_folders, look, read_folder as read_texts
from bridge.catalog.loading import Loaded, fingerprint, load_catalog, load_texts

__all__ = [
    "ALLOW_PRIVATE",
    "Loaded",
    "Look",
    "check_examples",
    "count_examples",
    "example_folders",
    "fingerprint",
    "load_catalog",
    "load_texts",
    "look",
    "masked_text",
    "read_texts",
    "show",
]
