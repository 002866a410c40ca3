"""Texts with secrets in them: put in at the last moment, and shown never."""

import pytest
from hypothesis import given, strategies as st

from bridge.core.template import Secret, Template, parse_template

ENVIRONMENT = {"HOST": "api.example.com", "TRICK": "${secret:other}", "EMPTY": "", "KEY": "c4nary-key"}


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", ()),
        ("plain $ text {}", ("plain $ text {}",)),
        ("${secret:a}", (Secret("a"),)),
        ("Bearer ${secret:api-key.v2_x}!", ("Bearer ", Secret("api-key.v2_x"), "!")),
        ("${secret:a}${secret:b}", (Secret("a"), Secret("b"))),
        ("https://${env:HOST}/v2", ("https://", "api.example.com", "/v2")),
        ("${env:TRICK}", ("${secret:other}",)),
        ("a${env:EMPTY}b", ("a", "b")),
    ],
)
def test_references_are_found_and_environment_variables_put_in(text: str, parts: tuple[str | Secret, ...]) -> None:
    assert parse_template(text, ENVIRONMENT) == Template(parts)


def test_a_template_is_rendered_with_its_secrets() -> None:
    template = parse_template("Bearer ${secret:a}-${secret:b}", {})
    assert template.secret_names == ("a", "b")
    assert template.render({"a": "1", "b": "${secret:a}", "c": "3"}) == "Bearer 1-${secret:a}"
    assert parse_template("", {}).render({}) == ""


def test_a_template_whose_secret_is_not_stored_is_not_rendered() -> None:
    assert parse_template("Bearer ${secret:a}-${secret:b}", {}).render({"a": "1"}) is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("${secret:}", "${secret:} is not a reference; write ${secret:NAME} or ${env:NAME}"),
        ("${a}", "${a} is not a reference; write ${secret:NAME} or ${env:NAME}"),
        ("${secret:a", "${secret:a is not a reference; write ${secret:NAME} or ${env:NAME}"),
        ("${Secret:a}", "${Secret:a} is not a reference; write ${secret:NAME} or ${env:NAME}"),
        ("${}", "${} is not a reference; write ${secret:NAME} or ${env:NAME}"),
        ("${env:NOWHERE}", "the environment variable NOWHERE is not set"),
        ("${secret:A B}", "'A B' is not a secret's name; use lower-case letters, digits, '.', '_' and '-'"),
        (
            "${secret:.index-key}",
            "'.index-key' is not a secret's name; use lower-case letters, digits, '.', '_' and '-'",
        ),
    ],
)
def test_a_wrong_reference_is_refused_with_what_to_write(text: str, message: str) -> None:
    with pytest.raises(ValueError) as error:
        parse_template("x" + text, ENVIRONMENT)
    assert str(error.value) == message


def test_a_template_shows_names_and_no_text_that_may_come_from_the_environment() -> None:
    template = parse_template("key=${env:KEY}&token=${secret:post-purchase}", ENVIRONMENT)
    assert template.render({"post-purchase": "t"}) == "key=c4nary-key&token=t"
    assert repr(template) == "Template(………${secret:post-purchase})"
    assert "c4nary" not in f"{template} {template!r} {[template]}"


@given(st.text(st.sampled_from("${}secrt:nvHOSTa. \n") | st.characters(), max_size=60))
def test_any_text_is_a_template_or_a_plain_refusal(text: str) -> None:
    try:
        template = parse_template(text, ENVIRONMENT)
    except ValueError:
        assert "${" in text
        return
    rendered = template.render(dict.fromkeys(template.secret_names, "S"))
    assert rendered is not None
    assert "${" in text or rendered == text


def test_a_template_knows_what_came_out_of_the_environment_and_does_not_show_it() -> None:
    template = parse_template("Bearer ${env:CRM} ${secret:x}", {"CRM": "hush"})
    assert template.variables == ("hush",)
    assert template.render({"x": "1"}) == "Bearer hush 1"
    assert "hush" not in repr(template)
