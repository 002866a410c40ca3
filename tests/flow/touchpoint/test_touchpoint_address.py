"""Which addresses are connected to: public ones, in whatever form the others are written."""

import asyncio
from collections.abc import Sequence
from ipaddress import ip_address

import pytest

from bridge.core.outcome import NotSent
from bridge.touchpoint import Sender
from bridge.touchpoint.address import Address, is_allowed
from bridge.touchpoint.dial import Dialer
from bridge.touchpoint.resolver import Resolver, look_up
from tests.support.deliveries import SECRETS, TLS, delivery, touchpoint
from tests.support.targets import Target, answer, answering

PUBLIC = [
    "8.8.8.8", "1.1.1.1", "100.63.255.255", "100.128.0.0", "172.15.255.255", "172.32.0.0", "169.253.255.255",
    "192.0.1.0", "192.88.98.255", "198.17.255.255", "198.20.0.0", "223.255.255.255", "168.63.129.15",
    "2606:4700::1111", "2a00:1450:4001:82a::200e", "2001:4860:4860::8888", "64:ff9b::808:808",
]  # fmt: skip
OWN = ["127.0.0.1", "127.255.255.254", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.0.1", "100.64.0.1",
       "100.100.100.200", "::1", "fc00::1", "fd00:ec2::254"]  # fmt: skip
NEVER = [
    "0.0.0.0", "0.1.2.3", "169.254.169.254", "169.254.170.2", "168.63.129.16", "192.0.0.1", "192.0.0.192",
    "192.0.2.1", "192.88.99.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1",
    "239.255.255.250", "240.0.0.1", "255.255.255.255", "::", "::2", "::ffff:127.0.0.1", "::ffff:8.8.8.8",
    "::127.0.0.1", "::ffff:0:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1",
    "2002:7f00:1::", "2002:808:808::1", "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:2::1",
    "2001:10::1", "2001:db8::1", "3fff::1", "100::1", "5f00::1", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1",
    "ff0e::1", "4000::1",
]  # fmt: skip


@pytest.mark.parametrize("text", PUBLIC)
def test_a_public_address_is_allowed(text: str) -> None:
    assert is_allowed(ip_address(text), allow_private=False)


@pytest.mark.parametrize("text", OWN)
def test_an_own_address_is_allowed_only_where_the_setting_says_so(text: str) -> None:
    assert not is_allowed(ip_address(text), allow_private=False)
    assert is_allowed(ip_address(text), allow_private=True)


@pytest.mark.parametrize("text", NEVER)
def test_a_special_address_is_never_allowed(text: str) -> None:
    assert not is_allowed(ip_address(text), allow_private=False)
    assert not is_allowed(ip_address(text), allow_private=True)


LOOPBACK_FORMS = [
    "127.0.0.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "127.1", "127.0.1", "0", "0.0.0.0", "[::1]",
    "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]",
    "localhost", "LOCALHOST", "localhost.", "①②⑦.⓪.⓪.①", "127。0。0。1", "１２７.0.0.1",  # noqa: RUF001 - full-width digits are what is tried
]  # fmt: skip


@pytest.mark.parametrize("host", LOOPBACK_FORMS)
async def test_no_spelling_of_this_machine_is_connected_to(host: str) -> None:
    async with Target(answering(answer())) as target, Sender(tls=TLS) as sender:
        outcome = await sender.send(delivery(), touchpoint(f"https://{host}:{target.port}"), SECRETS)
        assert isinstance(outcome, NotSent)
        assert "public" in outcome.reason or "name not found" in outcome.reason or "web address" in outcome.reason
        assert target.connections == 0


async def test_only_the_public_ones_of_mixed_records_are_connected_to() -> None:
    async def mixed(host: str) -> Sequence[Address]:
        return [ip_address(text) for text in ("127.0.0.1", "8.8.8.8", "169.254.169.254", "::1")]

    assert await Dialer(mixed, TLS, allow_private=False)._checked("mixed.test") == [ip_address("8.8.8.8")]


async def test_a_name_with_only_own_addresses_is_not_connected_to() -> None:
    async def own(host: str) -> Sequence[Address]:
        return [ip_address("127.0.0.1"), ip_address("169.254.169.254")]

    async with Target(answering(answer())) as target, Sender(resolve=own, tls=TLS) as sender:
        assert isinstance(
            await sender.send(delivery(), touchpoint(f"https://own.test:{target.port}"), SECRETS), NotSent
        )
        assert target.connections == 0


async def test_a_name_is_looked_up_once_and_its_checked_address_is_the_one_connected_to() -> None:
    answers = [[ip_address("127.0.0.1")], [ip_address("169.254.169.254")]]

    async def rebinding(host: str) -> Sequence[Address]:
        return answers.pop(0)

    async with Target(answering(answer())) as target, Sender(resolve=rebinding, tls=TLS, allow_private=True) as sender:
        await sender.send(delivery(), touchpoint(f"http://rebinding.test:{target.port}"), SECRETS)
        assert target.seen[0].headers["host"] == f"rebinding.test:{target.port}"
    assert len(answers) == 1


async def test_the_next_address_is_tried_when_one_refuses() -> None:
    async def two(host: str) -> Sequence[Address]:
        return [ip_address("::1"), ip_address("127.0.0.1")]

    async with Target(answering(answer())) as target, Sender(resolve=two, tls=TLS, allow_private=True) as sender:
        await sender.send(delivery(), touchpoint(f"http://two.test:{target.port}"), SECRETS)
        assert len(target.seen) == 1


async def test_one_name_is_asked_once_for_all_who_wait() -> None:
    asked: list[str] = []

    def slow(host: str) -> Sequence[Address]:
        asked.append(host)
        return [ip_address("192.0.2.1")]

    resolver = Resolver(slow)
    answers = await asyncio.gather(*(resolver.resolve("a.test") for _ in range(5)), resolver.resolve("b.test"))
    assert [list(map(str, found)) for found in answers] == [["192.0.2.1"]] * 6
    assert sorted(asked) == ["a.test", "b.test"]


def test_the_system_s_resolver_gives_nothing_for_what_is_no_name() -> None:
    assert look_up("a" * 70 + ".invalid") == []
    assert ip_address("127.0.0.1") in look_up("localhost")
