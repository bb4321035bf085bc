"""Frames between the staff site and the matcher: four bytes of length, then JSON; too long, slow or odd is Broken."""

import json
import socket
import struct
import time
from collections.abc import Mapping
from typing import Any, NoReturn

_LENGTH = struct.Struct(">I")
LONGEST_QUESTION = 64 * 1024
LONGEST_ANSWER = 256 * 1024


class Broken(Exception):  # noqa: N818 - the line is, nothing went wrong here
    """The other end does not speak as agreed: nothing is answered, the line is closed."""


def send(line: socket.socket, message: Mapping[str, Any], longest: int, until: float) -> None:
    """One frame, gone before `until`, a reading of time.monotonic()."""
    content = json.dumps(message, separators=(",", ":")).encode()
    if len(content) > longest:
        raise Broken("too long to send")
    line.settimeout(_left(until))
    line.sendall(_LENGTH.pack(len(content)) + content)


def receive(line: socket.socket, longest: int, until: float) -> Any:
    """One frame, whole before `until`: whoever sends a byte now and then is not waited for."""
    (length,) = _LENGTH.unpack(_exactly(line, _LENGTH.size, until))
    if length > longest:
        raise Broken("too long")
    try:
        return json.loads(_exactly(line, length, until), parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise Broken("not JSON") from error


def _exactly(line: socket.socket, count: int, until: float) -> bytes:
    content = bytearray()
    while len(content) < count:
        line.settimeout(_left(until))
        part = line.recv(count - len(content))
        if not part:
            raise Broken("ended too soon")
        content += part
    return bytes(content)


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)
