"""No credential stays in what is kept of a request; what verifies a signature does."""

from urllib.parse import quote, unquote_plus

import pytest
from hypothesis import given, strategies as st

from bridge.core.credentials import safe_headers, safe_query, safe_url

CANARY = "canary7f3a"
SECRET_HEADERS = (
    *("authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key", "api-key", "apikey", "x-apikey"),
    *(
        "x-gitlab-token",
        "x-amz-security-token",
        "x-goog-channel-token",
        "x-secret",
        "x-webhook-secret",
        "client-secret",
    ),
    *("x-password", "x-passwd", "x-functions-key", "ocp-apim-subscription-key", "x-auth-key", "x-access-key"),
    *(
        "x-auth",
        "x-jwt-assertion",
        "x-session-id",
        "x-credentials",
        "x-forwarded-authorization",
        "x_api_key",
        "x-auth-token",
    ),
)
SECRET_PARAMETERS = (
    *("token", "access_token", "apiKey", "api_key", "api-key", "API_KEY", "secret", "client_secret", "password"),
    *("passwd", "key", "auth", "code", "hub.verify_token", "authToken", "a[token]", "sessionid", "jwt", "accesskey"),
    *("sharedKey", "to%6Ben", "%74oken", "api%5Fkey", "api+key", "a%0Atoken", "pwd"),
)
KEPT_HEADERS = (
    *(
        "x-shopify-hmac-sha256",
        "x-shopify-topic",
        "stripe-signature",
        "webhook-signature",
        "webhook-id",
        "content-type",
    ),
    *("idempotency-key", "x-idempotency-key", "user-agent", "x-hub-signature-256", "x-author", "x-request-id", "etag"),
)
KEPT_PARAMETERS = (
    "bodySHA256",
    "signature",
    "sig",
    "id",
    "page",
    "topic",
    "monkey",
    "country_code",
    "keyword",
    "author",
)


@pytest.mark.parametrize("name", SECRET_HEADERS)
def test_a_header_that_holds_a_credential_is_dropped(name: str) -> None:
    assert safe_headers({name: CANARY, "x-kept": "1"}) == {"x-kept": "1"}


@pytest.mark.parametrize("name", KEPT_HEADERS)
def test_other_headers_are_kept_signatures_too(name: str) -> None:
    assert safe_headers({name: "v"}) == {name: "v"}


@pytest.mark.parametrize("name", SECRET_PARAMETERS)
def test_a_parameter_that_holds_a_credential_loses_its_value(name: str) -> None:
    assert safe_query(f"a=1&{name}={CANARY}&b") == f"a=1&{name}=***&b"
    assert safe_url(f"https://h/x?{name}={CANARY}={CANARY}") == f"https://h/x?{name}=***"


@pytest.mark.parametrize("name", KEPT_PARAMETERS)
def test_other_parameters_are_kept(name: str) -> None:
    assert safe_query(f"{name}=v&{name}=") == f"{name}=v&{name}="


@pytest.mark.parametrize("query", ["", "&", "=", "a", "a=", "&&a=1&", "%", "%zz=1", "=x", "token"])
def test_a_query_without_credentials_stays_byte_for_byte(query: str) -> None:
    assert safe_query(query) == query


def test_a_url_without_a_query_stays_as_it_is() -> None:
    assert safe_url("https://h/hooks/token") == "https://h/hooks/token"
    assert safe_url("https://h/x?") == "https://h/x?"


def test_what_is_kept_is_bounded() -> None:
    kept = safe_headers({f"x-{number}": "v" * 5000 for number in range(500)})
    assert len(kept) == 100
    assert {len(value) for value in kept.values()} == {2048}
    assert len(safe_query("a=" + "v" * 100_000)) == 8192


def in_case(name: str, case: str) -> str:
    return {"upper": name.upper(), "title": name.title(), "lower": name.lower()}.get(case, name)


spelled = st.tuples(
    st.sampled_from(["token", "access_token", "api_key", "apiKey", "password", "client-secret", "authorization"]),
    st.sampled_from(["", "x-", "x_", "my ", "A[", "0."]),
    st.sampled_from(["", "-2", "]", " ", "\n"]),
    st.sampled_from(["", "upper", "title", "lower"]),
).map(lambda parts: in_case(parts[1] + parts[0] + parts[2], parts[3]))


@given(name=spelled, escaped=st.sets(st.integers(0, 30)), around=st.lists(st.text(max_size=9), max_size=3))
def test_no_spelling_of_a_credentials_name_keeps_its_value(name: str, escaped: set[int], around: list[str]) -> None:
    raw = "".join(f"%{ord(sign):02X}" if n in escaped else quote(sign) for n, sign in enumerate(name))
    assert unquote_plus(raw) == name
    query = "&".join([*around, f"{raw}={CANARY}"])
    assert CANARY not in safe_query(query)
    assert CANARY not in str(safe_headers({name.lower(): CANARY}))


@given(st.text(st.characters(), max_size=300))
def test_any_text_may_be_a_query_and_cleaning_it_twice_changes_nothing(query: str) -> None:
    assert safe_query(safe_query(query)) == safe_query(query)
    assert safe_query(query).count("&") == query.count("&")
