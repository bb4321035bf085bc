"""What we ask of a provider of identities, and what we refuse of it: its name, its redirections, its certificate."""

import datetime
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from recoupe.access import oidc
from recoupe.access.oidc import Endpoints, UnbelievedError, address, discovered, exchanged
from recoupe.config.provider import Provider
from tests.asvs import sources

Answer = tuple[int, dict[str, str], dict[str, object]]


class House:
    """A provider of one page, on this machine: what it answers is the test's."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.asked: list[str] = []
        self.answer: Callable[[str], Answer] = lambda _path: (404, {}, {})
        house = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                house.asked.append(self.path)
                status, headers, body = house.answer(self.path)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(json.dumps(body).encode())

            def do_POST(self) -> None:
                self.do_GET()

            def log_message(self, format: str, *args: object) -> None:
                """Nothing is said."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if tls:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        self.place = f"{'https' if tls else 'http'}://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def provider(self) -> Provider:
        return Provider(self.place, "recoupe", "secret-fictif", frozenset({"eidas2"}))

    def told(self, path: str, **changes: str) -> Answer:
        known = {"issuer": self.place, "authorization_endpoint": f"{self.place}/a", "token_endpoint": f"{self.place}/t",
                 "jwks_uri": f"{self.place}/keys"} | changes  # fmt: skip
        return 200, {}, {"keys": []} if path == "/keys" else dict(known)

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def house() -> Iterator[House]:
    made = House()
    yield made
    made.close()


def test_a_provider_that_names_itself_is_believed(house: House) -> None:
    house.answer = house.told
    assert discovered(house.provider).token == f"{house.place}/t"


@pytest.mark.parametrize("issuer", ["https://ailleurs.example", "{}/", "{}.ailleurs.example", ""])
def test_one_that_names_another_is_not(house: House, issuer: str) -> None:
    house.answer = lambda path: house.told(path, issuer=issuer.format(house.place))
    with pytest.raises(UnbelievedError):
        discovered(house.provider)
    assert house.asked == ["/.well-known/openid-configuration"], "its keys are not even asked for"


def test_many_at_the_door_ask_it_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oidc, "_kept", {})
    house.answer = house.told
    for _ in range(5):
        assert oidc.known(house.provider).token == f"{house.place}/t"
    assert house.asked == ["/.well-known/openid-configuration", "/keys"]


def test_one_that_is_away_is_not_asked_by_everybody(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oidc, "_kept", {})
    for _ in range(5):
        with pytest.raises(UnbelievedError):
            oidc.known(house.provider)
    assert house.asked == ["/.well-known/openid-configuration"]


def test_a_slow_one_holds_two_threads_of_the_door_at_most(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oidc, "TURN_S", 0.01)
    stays, waits = threading.Event(), threading.Semaphore(0)

    def slow(path: str) -> Answer:
        waits.release()
        stays.wait(20)
        return 200, {}, {"id_token": "x"}

    house.answer = slow
    at = Endpoints("", f"{house.place}/t", {})

    def one() -> str:
        return exchanged(house.provider, at, "https://r.example/", "code", "verifier")

    with ThreadPoolExecutor(oidc.EXCHANGES) as held:
        both = [held.submit(one) for _ in range(oidc.EXCHANGES)]
        try:
            for _ in both:
                assert waits.acquire(timeout=20)
            with pytest.raises(UnbelievedError, match="busy"):
                one()
        finally:
            stays.set()
        assert [task.result() for task in both] == ["x"] * oidc.EXCHANGES
    assert one() == "x"


@pytest.mark.parametrize("jwks_uri", ["http://[", "", "http://exemple.invalid:x/", "\x00"])
def test_an_address_that_is_none_is_a_refusal(house: House, jwks_uri: str) -> None:
    house.answer = lambda path: house.told(path, jwks_uri=jwks_uri)
    with pytest.raises(UnbelievedError):
        discovered(house.provider)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirection_of_it_is_followed(house: House, status: int) -> None:
    house.answer = lambda path: (status, {"Location": f"{house.place}/ailleurs"}, {})
    with pytest.raises(UnbelievedError):
        discovered(house.provider)
    with pytest.raises(UnbelievedError):
        exchanged(house.provider, Endpoints("", f"{house.place}/t", {}), "https://r.example/", "code", "verifier")
    assert "/ailleurs" not in house.asked


def test_a_certificate_that_nobody_trusts_is_refused(tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1)).not_valid_after(now + datetime.timedelta(hours=1))
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    pem = tmp_path / "both.pem"
    pem.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(pem)
    house = House(tls)
    house.answer = house.told
    try:
        with pytest.raises(UnbelievedError):
            discovered(house.provider)
        assert house.asked == []
    finally:
        house.close()


def test_we_ask_who_somebody_is_and_nothing_else() -> None:
    one = Provider("https://f.example", "recoupe", "secret-fictif", frozenset({"eidas2"}))
    asked = parse_qs(
        urlsplit(address(one, Endpoints("https://f.example/a", "", {}), "https://r.example/", "e", "k")).query
    )
    assert asked["scope"] == ["openid"]
    assert asked["response_type"] == ["code"]
    assert asked["code_challenge_method"] == ["S256"]
    assert one.client_secret not in str(asked)


def test_no_token_of_a_provider_is_kept_or_handed_on() -> None:
    """What a code is worth is read once, for its `sub`; what would open the provider's own doors is not even named."""
    written = [name for name in sources.trees() if "access_token" in (text := source(name)) or "refresh_token" in text]
    assert written == []
    assert not any("id_token" in source(name) for name in sources.served() if name.startswith("web/"))
    assert not any("id_token" in text for text in sources.scripts().values())


def source(name: str) -> str:
    return (sources.PACKAGE / name).read_text()
