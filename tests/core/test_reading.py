"""Bodies beyond plain JSON: XML, web tokens, charsets, compression, JSON within forms; and bombs of each kind."""

import base64
import gzip
import json
import time
import zlib
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from bridge.core.errors import Unreadable
from bridge.core.manners import FormField
from bridge.core.reading import read_body
from bridge.core.reading.markup import MOST_NODES

FORM = "application/x-www-form-urlencoded"
XML = "text/xml"

# -- XML -------------------------------------------------------------------------------------------------------

SOAP = b"""<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
 <soapenv:Body>
  <notifications xmlns="http://soap.sforce.com/2005/09/outbound">
   <OrganizationId>00D</OrganizationId>
   <SessionId xsi:nil="true"/>
   <Notification><Id>04l1</Id>
    <sObject xsi:type="sf:Opportunity" xmlns:sf="urn:sobject.enterprise.soap.sforce.com">
     <sf:Id>006</sf:Id><sf:Email>anna@example.com</sf:Email><sf:Name/></sObject></Notification>
   <Notification><Id>04l2</Id></Notification>
  </notifications>
 </soapenv:Body>
</soapenv:Envelope>"""


def test_an_outbound_message_is_read_without_namespaces() -> None:
    notifications = read_body(SOAP, "text/xml; charset=UTF-8")["Envelope"]["Body"]["notifications"]
    assert notifications == {
        "OrganizationId": "00D",
        "SessionId": None,
        "Notification": [
            {
                "Id": "04l1",
                "sObject": {"@type": "sf:Opportunity", "Id": "006", "Email": "anna@example.com", "Name": ""},
            },
            {"Id": "04l2"},
        ],
    }


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b"<a/>", {"a": ""}),
        (b"<a>\n 1 \n</a>", {"a": "1"}),
        (b"<a><b>1</b><b>2</b><b><c/></b></a>", {"a": {"b": ["1", "2", {"c": ""}]}}),
        (b'<a x="1"/>', {"a": {"@x": "1"}}),
        (b'<a x="1">t</a>', {"a": {"@x": "1", "#text": "t"}}),
        (b"<a>t<b/>u</a>", {"a": {"b": "", "#text": "tu"}}),
        (b"<a><![CDATA[<b>&amp;]]> &lt;&#65;</a>", {"a": "<b>&amp; <A"}),
        (b"<!-- c --><a><?p i?>1</a>", {"a": "1"}),
        (b"<p:a xmlns:p='u' p:x='1'><q:b>1</q:b></p:a>", {"a": {"@x": "1", "b": "1"}}),
        ("<a>ü</a>".encode(), {"a": "ü"}),
        ('<?xml version="1.0" encoding="iso-8859-1"?><a>ü</a>'.encode("latin-1"), {"a": "ü"}),
        ('<?xml version="1.0" encoding="windows-1252"?><a>€</a>'.encode("cp1252"), {"a": "€"}),
        ('<?xml version="1.0" encoding="utf-16"?><a>ü</a>'.encode("utf-16"), {"a": "ü"}),
    ],
)
def test_xml_becomes_plain_values(text: bytes, value: Any) -> None:
    assert read_body(text, "application/xml") == value
    assert read_body(text, "application/soap+xml; action=x") == value


def test_the_charset_of_the_content_type_counts_more_than_the_documents() -> None:
    text = '<?xml version="1.0" encoding="utf-8"?><a>ü</a>'.encode("latin-1")
    assert read_body(text, 'text/xml; charset="ISO-8859-1"') == {"a": "ü"}


LAUGHS = b'<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">%s]><lolz>&lol9;</lolz>' % b"".join(
    b'<!ENTITY lol%d "%s">' % (number, b"&lol%d;" % (number - 1) * 10) for number in range(1, 10)
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (LAUGHS, "the XML body has a DOCTYPE, which is not read; send it without"),
        (b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a>&x;</a>', "the XML body has a DOCTYPE"),
        (b"<!DOCTYPE a><a/>", "the XML body has a DOCTYPE"),
        (b"<a>&x;</a>", "the body is not valid XML: undefined entity"),
        (b"<a>" * 65 + b"</a>" * 65, "the XML body is nested more than 64 deep"),
        (b"<a>" * 300_000, "the XML body is nested more than 64 deep"),
        (b"<a>" + b"<b/>" * MOST_NODES + b"</a>", f"the XML body has more than {MOST_NODES} elements"),
        (b"<a><b></a>", "the body is not valid XML: mismatched tag"),
        (b"", "the body is not valid XML: no element found"),
        (b"{}", "the body is not valid XML"),
        (b'<?xml version="1.0" encoding="klingon"?><a/>', "the body is not valid XML"),
        (b"<a>\xff</a>", "the body is not valid XML"),
    ],
)
def test_xml_that_is_none_or_a_bomb_is_unreadable(text: bytes, said: str) -> None:
    began = time.perf_counter()
    with pytest.raises(Unreadable) as error:
        read_body(text, XML)
    assert str(error.value).startswith(said)
    assert time.perf_counter() - began < 2


def test_sixty_four_elements_deep_is_fine() -> None:
    assert read_body(b"<a>" * 64 + b"</a>" * 64, XML) != {}


# -- compression -----------------------------------------------------------------------------------------------

BODY = b'{"a": 1}'
BARE = zlib.compress(BODY)[2:-4]


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", gzip.compress(BODY)),
        (" X-GZIP", gzip.compress(BODY)),
        ("deflate", zlib.compress(BODY)),
        ("deflate", BARE),
        ("identity", BODY),
        ("", BODY),
    ],
)
def test_compressed_bodies_are_read(coding: str, body: bytes) -> None:
    assert read_body(body, "application/json", coding=coding) == {"a": 1}


@pytest.mark.parametrize(
    ("coding", "body", "said"),
    [
        ("br", BODY, "the Content-Encoding 'br' is not supported; send gzip, deflate or none"),
        ("gzip, gzip", BODY, "the Content-Encoding 'gzip, gzip' is not supported"),
        ("gzip", BODY, "the body is not compressed as its Content-Encoding says"),
        ("gzip", gzip.compress(BODY)[:-1], "the body is not compressed as its Content-Encoding says"),
        ("gzip", gzip.compress(BODY) + b"x", "the body is not compressed as its Content-Encoding says"),
        ("gzip", b"", "the body is not compressed as its Content-Encoding says"),
        ("deflate", b"\x00", "the body is not compressed as its Content-Encoding says"),
    ],
)
def test_what_is_not_compressed_as_it_says_is_unreadable(coding: str, body: bytes, said: str) -> None:
    with pytest.raises(Unreadable) as error:
        read_body(body, "application/json", coding=coding)
    assert str(error.value).startswith(said)


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_bomb_is_unpacked_no_further_than_the_limit(coding: str) -> None:
    bomb = b"[" + b" " * 200_000_000 + b"]"
    packed = gzip.compress(bomb, 9) if coding == "gzip" else zlib.compress(bomb, 9)
    assert len(packed) < 1 << 20
    began = time.perf_counter()
    with pytest.raises(Unreadable, match=r"^unpacked, the body is larger than 1048576 bytes$"):
        read_body(packed, "application/json", coding=coding)
    assert time.perf_counter() - began < 0.5
    exact = gzip.compress(b"[" + b" " * 98 + b"]")
    assert read_body(exact, "", coding="gzip", limit=100) == []
    with pytest.raises(Unreadable):
        read_body(exact, "", coding="gzip", limit=99)


# -- charsets --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("charset", "codec"),
    [
        ("iso-8859-1", "latin-1"),
        ("ISO-8859-15", "iso8859-15"),
        ("windows-1252", "cp1252"),
        ("utf-16", "utf-16"),
        ("UTF-16LE", "utf-16-le"),
        ("utf-16be", "utf-16-be"),
        ("utf-8", "utf-8-sig"),
        ("us-ascii", "utf-8"),
        ("klingon", "utf-8"),
    ],
)
def test_json_is_read_in_its_charset(charset: str, codec: str) -> None:
    assert read_body('{"n": "ü"}'.encode(codec), f"application/json; charset={charset}") == {"n": "ü"}


def test_a_form_is_read_in_its_charset() -> None:
    assert read_body(b"n=M%FCller&v=\xfc", FORM + "; charset=iso-8859-1") == {"n": "Müller", "v": "ü"}
    with pytest.raises(Unreadable, match=r"^the charset 'klingon' is not supported; send UTF-8$"):
        read_body(b"n=1", FORM + "; charset=Klingon")
    with pytest.raises(Unreadable, match=r"^the body is not text in the charset that its content type names"):
        read_body(b"abc", "application/json; charset=utf-16le")


# -- JSON within forms -----------------------------------------------------------------------------------------


def test_the_field_of_a_form_that_holds_json_is_read() -> None:
    form = b"type=sale.update&payload=%7B%22id%22%3A+9007199254740993%7D"
    payload = {"id": 9007199254740993}
    assert read_body(form, FORM, field=FormField("payload")) == {"type": "sale.update", "payload": payload}
    assert read_body(form, FORM, field=FormField("payload", is_whole=True)) == payload
    assert read_body(form, FORM)["payload"] == '{"id": 9007199254740993}'
    assert read_body(b"a=1", FORM, field=FormField("payload", is_whole=True)) == {"a": "1"}
    assert read_body(b"payload=x", FORM, field=FormField("payload")) == {"payload": "x"}
    assert read_body(b"payload=%5B1", FORM, field=FormField("payload")) == {"payload": "[1"}
    assert read_body(b"payload=%7B%7D&payload=2", FORM, field=FormField("payload")) == {"payload": ["{}", "2"]}
    with pytest.raises(Unreadable, match="the body is not valid JSON"):
        read_body(b"payload=x", FORM, field=FormField("payload", is_whole=True))
    with pytest.raises(Unreadable, match="nested more than 64 deep"):
        read_body(b"payload=" + b"[" * 65 + b"]" * 65, FORM, field=FormField("payload", is_whole=True))


# -- web tokens ------------------------------------------------------------------------------------------------


def token(claims: Any) -> bytes:
    text = claims if isinstance(claims, bytes) else json.dumps(claims).encode()
    parts = (b'{"alg":"RS256","typ":"JWT"}', text, b"signature")
    return b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)


def test_the_claims_of_a_token_are_read_with_the_json_texts_in_them() -> None:
    entity = json.dumps({"id": "o", "note": '{"a": 1}'})
    inner = json.dumps({"id": "e", "createdEvent": {"entityAsJson": entity}})
    claims = {"data": json.dumps({"eventType": "t", "data": inner}), "exp": 1}
    assert read_body(token(claims) + b"\n", "text/plain") == {
        "data": {
            "eventType": "t",
            "data": {"id": "e", "createdEvent": {"entityAsJson": {"id": "o", "note": '{"a": 1}'}}},
        },
        "exp": 1,
    }
    assert read_body(token({"data": "a text", "a": "{}"}), "") == {"data": "a text", "a": "{}"}


@pytest.mark.parametrize("claims", [b"5", b"\xff", b"", b"[" * 100])
def test_a_token_without_claims_is_unreadable(claims: bytes) -> None:
    with pytest.raises(Unreadable):
        read_body(token(claims), "text/plain")


def test_json_texts_within_json_texts_end_somewhere() -> None:
    value: Any = {"end": 1}
    for _ in range(8):
        value = {"data": json.dumps(value)}
    found = read_body(token(value), "")
    for _ in range(4):
        found = found["data"]
    assert isinstance(found["data"], str)
    deep = {"data": json.dumps({"data": "[" * 40 + "]" * 40})}
    assert read_body(token(deep), "")["data"]["data"] != ""
    with pytest.raises(Unreadable, match="nested more than 30 deep"):
        read_body(
            token({"data": "[" * 29 + "]" * 29, "x": [[[]]]} | {"y": {"data": "[" * 29 + "]" * 29}}), "", depth=30
        )


# -- whatever arrives ------------------------------------------------------------------------------------------

pieces = st.lists(
    st.sampled_from(
        [
            b"<a>",
            b"</a>",
            b"<b x='1'/>",
            b"&lt;",
            b"&x;",
            b"<!DOCTYPE a>",
            b"<![CDATA[",
            b"]]>",
            b"\xff",
            b"<?x?>",
            b"{",
        ]
    )
).map(b"".join)


@settings(max_examples=500, deadline=None)
@given(
    body=st.binary()
    | pieces
    | st.binary().map(gzip.compress)
    | st.binary().map(token)
    | st.binary().map(zlib.compress),
    kind=st.sampled_from([XML, FORM, "", "application/json; charset=utf-16", "text/xml; charset=cp1252"]) | st.text(),
    coding=st.sampled_from(["", "gzip", "deflate"]) | st.text(),
    whole=st.booleans(),
)
def test_whatever_arrives_nothing_but_unreadable_comes_out(body: bytes, kind: str, coding: str, *, whole: bool) -> None:
    with suppress(Unreadable):
        found = read_body(body, kind, coding=coding, field=FormField("a", is_whole=whole))
        assert isinstance(found, dict | list)


def test_a_mebibyte_of_each_is_read_in_bounded_time() -> None:
    began = time.perf_counter()
    size = 1 << 20
    for body, kind in (
        (b"<a " + b" ".join(b"x%d='1'" % number for number in range(80_000)) + b"/>", XML),
        (b"<a>" + b"x" * size + b"</a>", XML),
        (b"<a>" + b"<b></b>" * (size // 7) + b"</a>", XML),
        (b"<a>" + b"&#65;" * (size // 5) + b"</a>", XML),
        (token({"data": ["{" * 10] * 50_000}), ""),
        (token({"data": json.dumps({"data": "[" + "1," * 200_000 + "1]"})}), ""),
    ):
        with suppress(Unreadable):
            read_body(body, kind)
    assert time.perf_counter() - began < 5
