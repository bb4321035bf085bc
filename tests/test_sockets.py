"""What pyproject.toml promises of the tests: no connection leaves this machine."""

import re
import socket

import pytest
from pytest_socket import SocketConnectBlockedError


@pytest.mark.parametrize("elsewhere", ["192.0.2.1", "2001:db8::1"])
def test_a_connection_to_another_machine_is_refused(elsewhere: str) -> None:
    """Addresses of documentation: nobody answers there."""
    with (
        socket.socket(socket.AF_INET6 if ":" in elsewhere else socket.AF_INET) as line,
        pytest.raises((SocketConnectBlockedError, UserWarning), match=re.escape(f'with host "{elsewhere}"')),
    ):
        line.settimeout(0.2)
        line.connect((elsewhere, 9))


def test_a_connection_to_this_machine_is_made() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as line:
        assert line.getpeername() == server.getsockname()
