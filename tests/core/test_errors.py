from bridge.core.errors import ConfigInvalid, Problem

WARNING = Problem("a.yaml", 1, 1, "is a private address", severity="warning")
ERROR = Problem("b.yaml", 3, 9, "is not a source", "did you mean till?")


def test_what_must_be_mended_is_told_apart_from_warnings() -> None:
    invalid = ConfigInvalid([WARNING, ERROR])
    assert invalid.problems == (WARNING, ERROR)
    assert invalid.errors == (ERROR,)


def test_a_problem_says_its_place_and_what_to_write() -> None:
    assert str(ERROR) == "b.yaml:3:9: is not a source (did you mean till?)"
    assert str(WARNING) == "a.yaml:1:1: warning: is a private address"
    assert str(ConfigInvalid.because("there is no key", "make one")) == "there is no key (make one)"
