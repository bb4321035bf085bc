"""Ports: what was asked is checked and named in the refusal."""

import socket
from argparse import Namespace
from collections.abc import Iterator

import pytest

from recoupe.cli import ports
from recoupe.cli.cluster import free_port
from recoupe.cli.folder import Addresses
from recoupe.cli.obstacle import Obstacle


@pytest.fixture(autouse=True)
def without_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PORT", "PORTAL_PORT", "SIGNIN_PORT", "RECOUPE_HOST"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def asked(**options: object) -> Namespace:
    return Namespace(**{"port": None, "portal_port": None, "signin_port": None, "host": None} | options)


def test_a_taken_port_is_named_with_another_to_take(taken: int) -> None:
    with pytest.raises(Obstacle) as refusal:
        ports.choose(asked(port=str(taken), portal_port=str(free_port())), None)
    assert f"port {taken} est déjà pris" in str(refusal.value)
    other = int(str(refusal.value).rpartition("PORT=")[2])
    assert other != taken
    assert ports.free(other, "127.0.0.1")


def test_a_taken_public_port_is_named_by_its_own_setting(taken: int) -> None:
    with pytest.raises(Obstacle, match=f"PORTAL_PORT=(?!{taken})"):
        ports.choose(asked(port=str(free_port()), portal_port=str(taken)), None)


@pytest.mark.parametrize("text", ["http", "80", "0", "65536", "-1", "8000.0", "٨٠٠٠", "9" * 30])
def test_what_is_no_port_is_refused(text: str) -> None:
    with pytest.raises(Obstacle, match="1024 à 65535"):
        ports.choose(asked(port=text), None)


def test_the_same_port_twice_is_refused() -> None:
    port = str(free_port())
    with pytest.raises(Obstacle, match="différents"):
        ports.choose(asked(port=port, portal_port=port), None)


def test_sign_in_takes_the_first_free_port_after_the_site_but_never_the_public_one() -> None:
    port = next(p for p in iter(free_port, 0) if ports.free(p + 1, "127.0.0.1"))
    chosen = ports.choose(asked(port=str(port), portal_port=str(port + 1)), None)
    assert chosen.port == port
    assert chosen.portal_port == port + 1
    assert chosen.signin_port > port + 1


def test_sign_in_keeps_the_port_of_the_last_time() -> None:
    before = Addresses("127.0.0.1", 1, 2, free_port())
    chosen = ports.choose(asked(port=str(free_port()), portal_port=str(free_port())), before)
    assert chosen.signin_port == before.signin_port


def test_variables_serve_as_options(monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    monkeypatch.setenv("PORT", str(port))
    assert ports.asked(asked(), "port") == port
    assert ports.asked(asked(port="4242"), "port") == 4242


def test_it_listens_on_this_machine_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOST", "192.0.2.7")
    assert ports.host(asked()) == "127.0.0.1"
    assert ports.host(asked(host="127.0.0.2")) == "127.0.0.2"
    with pytest.raises(Obstacle, match="que sur cette machine"):
        ports.host(asked(host="192.0.2.1"))


def test_a_running_one_on_another_port_is_noticed() -> None:
    running = Addresses("127.0.0.1", 8000, 8080, 8001)
    assert ports.differences(asked(port="8000"), running) == []
    assert ports.differences(asked(port="9000", portal_port="8080"), running) == ["PORT=9000"]


def test_an_address_that_no_machine_has_is_refused() -> None:
    with pytest.raises(Obstacle, match="nulle-part"):
        ports.host(Namespace(host="nulle-part.invalid"))
