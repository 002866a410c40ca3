"""The last walk over a masked payload: whole names, in any case, the longest first."""

import pytest

from bridge.core.standins.sweep import sweep_of

PERSONAL = {
    "Anna": "Eva",
    "Anna Maria Huber": "Eva Paula Moser",
    "Huber": "Moser",
    "+43 660 1": "+43 681 9",
    "(0)660": "(0)681",
    "O'Neil": "A'Mart",
    "Straße": "Gasse",
    "--": "..",
}


@pytest.mark.parametrize(
    ("text", "swept"),
    [
        ("", ""),
        ("Anna", "Eva"),
        ("for ANNA and anna, not Annas or Susanna", "for Eva and Eva, not Annas or Susanna"),
        ("Anna Maria Huber, Anna Huber, Huber", "Eva Paula Moser, Eva Moser, Moser"),
        ("anna maria", "Eva maria"),
        ("call +43 660 1 or +43 660 12 or (0)660", "call +43 681 9 or +43 660 12 or (0)681"),
        ("x+43 660 1", "x+43 660 1"),
        ("_Anna_huber.pdf", "_Eva_Moser.pdf"),
        ("O'Neil-Anna", "A'Mart-Eva"),
        ("Straße", "Gasse"),
        ("STRASSE -- 1", "STRASSE -- 1"),
    ],
)
def test_originals_are_replaced_as_whole_words(text: str, swept: str) -> None:
    assert sweep_of(PERSONAL).swept(text) == swept


def test_without_people_nothing_is_replaced() -> None:
    assert sweep_of({}).swept("Anna Huber") == "Anna Huber"
