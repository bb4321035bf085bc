"""Values that no field expects, and requests that carry them byte for byte."""

from collections.abc import Mapping, Sequence
from urllib.parse import quote_from_bytes
from uuid import UUID

HOSTILE: dict[str, str] = {
    "empty": "",
    "blank": "   \u00a0\u2003",
    "too long": "œ" * 30_000,
    "long word": "a" * 300,
    "NUL": "abc\x00def",
    "controls": "a\x01\x07\x1b[31m\x7f\x85b",
    "lone surrogate": "a\ud800b",
    "reversed surrogates": "\udc00\ud800",
    "right to left": "\u202etxt.exe\u202c \u2066x\u2069",
    "future": "2999-12-31",
    "future in French": "31/12/2999",
    "year 0001": "0001-01-01",
    "year 0001 in French": "01/01/0001",
    "no such day": "2025-02-31",
    "year 10000": "99999-01-01",
    "date and time": "2026-01-01T25:61:61+99:99",
    "off the Earth": "181.5",
    "far off the Earth": "-1e308",
    "no number": "NaN",
    "infinite": "inf",
    "huge": "9" * 400,
    "negative": "-1",
    "beyond 64 bits": "9223372036854775808",
    "Arabic digits": "٣٤",
    "superscript": "²",
    "HTML": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "template": "{{ settings.SECRET_KEY }}{% include '/etc/passwd' %} %(name)s %s {0}",
    "quotes": "'; DROP TABLE intelligence_report; -- \" \\",
    "wildcards": "%_%\\",
    "lines": "a\r\nSet-Cookie: x=1\r\n\r\nb",
    "path": "../../../../etc/passwd",
    "elsewhere": "//exemple.invalid/",
    "not a UUID": "00000000-0000-0000-0000-00000000000g",
    "nobody's UUID": str(UUID(int=0)),
    "JSON": '{"a": [1, {"b": null}]}',
    "points": "5.3,43.2,5.4",
    "window": "nan,nan,inf,-inf",
    "combining": "e" + "\u0301" * 2_000,
    "noncharacter": "\uffff\ufffe\U0010ffff",
}
FILES: dict[str, bytes] = {
    "nothing": b"",
    "zeros": b"\x00" * 2_000,
    "PDF in name": b"%PDF-1.7\n\x00\xff",
    "photo in name": b"\xff\xd8\xff\xe0" + b"\x00" * 50,
    "archive in name": b"PK\x03\x04" + b"\xff" * 80,
    "unfinished quote": b'"a;b\n1;2',
    "HTML": b"<html><script>alert(1)</script>",
}
BOUNDARY = "limite-de-cet-essai"


def raw(text: str) -> bytes:
    """The bytes of a text, lone surrogates included, as a hostile client can send them."""
    return text.encode("utf-8", "surrogatepass")


def urlencoded(fields: Mapping[str, Sequence[str]]) -> bytes:
    """A body or a query string."""
    pairs = [(name, value) for name, values in fields.items() for value in values]
    return "&".join(f"{quote_from_bytes(raw(name))}={quote_from_bytes(raw(value))}" for name, value in pairs).encode()


def multipart(fields: Mapping[str, Sequence[str]], files: Mapping[str, bytes]) -> bytes:
    """A body with files."""
    parts = [(f'name="{name}"', raw(value)) for name, values in fields.items() for value in values]
    parts += [(f'name="{name}"; filename="fich\u202eier.jpg"', content) for name, content in files.items()]
    opened = [
        b"--" + BOUNDARY.encode() + b"\r\nContent-Disposition: form-data; " + raw(head) + b"\r\n\r\n" + body + b"\r\n"
        for head, body in parts
    ]
    return b"".join(opened) + b"--" + BOUNDARY.encode() + b"--\r\n"
