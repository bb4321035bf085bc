"""Hostile identity tokens (R-53): sixty ways to be somebody else at the provider's, none is believed."""

import base64
import hmac
import json
import time
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jws
from joserfc.jwk import ECKey, OctKey, RSAKey

from recoupe.access.oidc import Endpoints, UnbelievedError, address, challenge_of, derived, subject_of
from recoupe.config.provider import Provider

ONE = Provider("https://fournisseur.example", "recoupe", "secret-du-client", frozenset({"eidas2", "eidas3"}))
NONCE = derived("une clé à nous", "nonce", "etat")
RSA = RSAKey.generate_key(2048, parameters={"kid": "a", "use": "sig"})
EC = ECKey.generate_key("P-256", parameters={"kid": "b", "use": "sig"})
OURS: dict[str, Any] = {"keys": [RSA.as_dict(private=False), EC.as_dict(private=False)]}
STRANGE = RSAKey.generate_key(2048, parameters={"kid": "a", "use": "sig"})
NOW = time.time()


def claims(**changes: Any) -> dict[str, Any]:
    told = {"iss": ONE.issuer, "aud": ONE.client_id, "sub": "agent-17", "iat": NOW, "exp": NOW + 300, "nonce": NONCE,
            "acr": "eidas2"}  # fmt: skip
    return {name: value for name, value in (told | changes).items() if value is not ...}


def signed(told: Any, key: Any = RSA, alg: str = "RS256", **header: Any) -> str:
    first = {"alg": alg, "kid": key.kid, "typ": "JWT"} | header
    first = {name: value for name, value in first.items() if value is not ...}
    payload = told if isinstance(told, bytes) else json.dumps(told).encode()
    return jws.serialize_compact(first, payload, key, algorithms=[alg])


def part(value: Any) -> str:
    return (
        base64.urlsafe_b64encode(value if isinstance(value, bytes) else json.dumps(value).encode())
        .rstrip(b"=")
        .decode()
    )


def bare(header: dict[str, Any], told: Any = None, signature: bytes = b"") -> str:
    return f"{part(header)}.{part(claims() if told is None else told)}.{part(signature)}"


def forged(header: dict[str, Any]) -> str:
    """A true signature under a header that no library would sign."""
    body = f"{part(header)}.{part(claims())}"
    assert RSA.private_key is not None
    return f"{body}.{part(RSA.private_key.sign(body.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def with_secret(secret: bytes, header: dict[str, Any]) -> str:
    """Key confusion: what everybody knows of the provider, taken for a shared secret."""
    body = f"{part(header)}.{part(claims())}"
    return f"{body}.{part(hmac.new(secret, body.encode(), sha256).digest())}"


def swapped(token: str, **changes: Any) -> str:
    """Other claims under a good signature."""
    head, _, mark = token.split(".")
    return f"{head}.{part(claims(**changes))}.{mark}"


PEM = RSA.public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
DER = RSA.public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
GOOD = signed(claims())
OCT = OctKey.import_key("x" * 32, {"kid": "a"})
OF_EC = signed(claims(), EC, "ES256").split(".")[1:]
HOSTILE: dict[str, Callable[[], str]] = {
    "alg none": lambda: bare({"alg": "none"}),
    "alg None": lambda: bare({"alg": "None", "kid": "a"}),
    "alg nOnE": lambda: bare({"alg": "nOnE", "typ": "JWT"}),
    "alg absent": lambda: bare({"kid": "a"}),
    "alg empty": lambda: bare({"alg": "", "kid": "a"}),
    "alg null": lambda: bare({"alg": None, "kid": "a"}),
    "alg a list": lambda: bare({"alg": ["RS256"], "kid": "a"}),
    "no signature": lambda: GOOD.rpartition(".")[0] + ".",
    "two parts": lambda: GOOD.rpartition(".")[0],
    "four parts": lambda: GOOD + ".x",
    "five parts": lambda: GOOD + ".x.y",
    "empty": lambda: "",
    "no token": lambda: "jeton",
    "too long": lambda: signed(claims(more="x" * 20_000)),
    "key confusion PEM": lambda: with_secret(PEM, {"alg": "HS256", "kid": "a"}),
    "key confusion PEM without end": lambda: with_secret(PEM.strip(), {"alg": "HS256", "kid": "a"}),
    "key confusion DER": lambda: with_secret(DER, {"alg": "HS256", "kid": "a"}),
    "key confusion client secret": lambda: with_secret(ONE.client_secret.encode(), {"alg": "HS256"}),
    "key confusion empty": lambda: with_secret(b"", {"alg": "HS256"}),
    "key confusion HS512": lambda: with_secret(PEM, {"alg": "HS512", "kid": "a"}),
    "another key, same kid": lambda: signed(claims(), STRANGE),
    "another key, no kid": lambda: signed(claims(), STRANGE, kid=...),
    "unknown kid": lambda: signed(claims(), STRANGE, kid="z"),
    "kid of a path": lambda: signed(claims(), STRANGE, kid="../../dev/null"),
    "kid of sql": lambda: signed(claims(), STRANGE, kid="a' OR '1'='1"),
    "own key in jwk": lambda: signed(claims(), STRANGE, jwk=STRANGE.as_dict(private=False)),
    "good signature with jwk": lambda: signed(claims(), RSA, jwk=RSA.as_dict(private=False)),
    "jku": lambda: signed(claims(), RSA, jku="https://ailleurs.example/keys"),
    "x5u": lambda: signed(claims(), RSA, x5u="https://ailleurs.example/cert"),
    "crit": lambda: forged({"alg": "RS256", "kid": "a", "crit": ["exp"], "exp": 1}),
    "typ of another use": lambda: signed(claims(), RSA, typ="at+jwt"),
    "typ logout": lambda: signed(claims(), RSA, typ="logout+jwt"),
    "EC signature under RS256": lambda: ".".join([part({"alg": "RS256", "kid": "b"}), *OF_EC]),
    "EdDSA, never asked for": lambda: bare({"alg": "EdDSA", "kid": "a"}, None, b"x" * 64),
    "ES256 zero signature": lambda: bare({"alg": "ES256", "kid": "b"}, None, b"\0" * 64),
    "RS256 zero signature": lambda: bare({"alg": "RS256", "kid": "a"}, None, b"\0" * 256),
    "sub swap": lambda: swapped(GOOD, sub="agent-1"),
    "acr swap": lambda: swapped(GOOD, acr="eidas3"),
    "signature of another token": lambda: ".".join([*signed(claims(sub="agent-1")).split(".")[:2], GOOD.split(".")[2]]),
    "wrong aud": lambda: signed(claims(aud="autre-service")),
    "aud with others": lambda: signed(claims(aud=["recoupe", "autre-service"])),
    "aud empty": lambda: signed(claims(aud=[])),
    "aud absent": lambda: signed(claims(aud=...)),
    "aud prefix": lambda: signed(claims(aud="recoupe.ailleurs")),
    "azp of another": lambda: signed(claims(azp="autre-service")),
    "wrong iss": lambda: signed(claims(iss="https://ailleurs.example")),
    "iss with a slash": lambda: signed(claims(iss=ONE.issuer + "/")),
    "iss in http": lambda: signed(claims(iss=ONE.issuer.replace("https", "http"))),
    "iss absent": lambda: signed(claims(iss=...)),
    "wrong nonce": lambda: signed(claims(nonce="autre")),
    "nonce absent": lambda: signed(claims(nonce=...)),
    "nonce null": lambda: signed(claims(nonce=None)),
    "nonce a list": lambda: signed(claims(nonce=[NONCE])),
    "expired": lambda: signed(claims(exp=NOW - 120)),
    "exp absent": lambda: signed(claims(exp=...)),
    "exp a text": lambda: signed(claims(exp="9999999999")),
    "exp true": lambda: signed(claims(exp=True)),
    "iat long ago": lambda: signed(claims(iat=NOW - 3_600)),
    "iat to come": lambda: signed(claims(iat=NOW + 3_600)),
    "iat absent": lambda: signed(claims(iat=...)),
    "nbf to come": lambda: signed(claims(nbf=NOW + 3_600)),
    "acr lower": lambda: signed(claims(acr="eidas1")),
    "acr absent": lambda: signed(claims(acr=...)),
    "acr a list": lambda: signed(claims(acr=["eidas2"])),
    "acr with a blank": lambda: signed(claims(acr="eidas2 ")),
    "sub absent": lambda: signed(claims(sub=...)),
    "sub empty": lambda: signed(claims(sub="")),
    "sub a number": lambda: signed(claims(sub=17)),
    "sub with a null": lambda: signed(claims(sub="agent-17\x00")),
    "sub too long": lambda: signed(claims(sub="x" * 300)),
    "sub absent, e-mail there": lambda: signed(claims(sub=..., email="agent-17@exemple.invalid", email_verified=True)),
    "claims a list": lambda: signed([claims()]),
    "claims a text": lambda: signed("agent-17"),
    "claims no JSON": lambda: signed(b"{"),
    "claims not text": lambda: signed(b"\xff\xfe"),
}  # fmt: skip


def test_there_are_sixty_of_them() -> None:
    assert len(HOSTILE) >= 60


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_token_is_not_believed(name: str) -> None:
    with pytest.raises(UnbelievedError):
        subject_of(ONE, OURS, HOSTILE[name](), NONCE, NOW)


@pytest.mark.parametrize(
    ("key", "alg"), [(RSA, "RS256"), (RSA, "PS256"), (EC, "ES256")], ids=["RS256", "PS256", "ES256"]
)
def test_a_true_one_is(key: Any, alg: str) -> None:
    assert subject_of(ONE, OURS, signed(claims(), key, alg), NONCE, NOW) == "agent-17"
    assert subject_of(ONE, OURS, signed(claims(aud=["recoupe"], acr="eidas3"), key, alg), NONCE, NOW) == "agent-17"


def test_a_shared_secret_among_the_keys_of_the_provider_is_never_used() -> None:
    keys = {"keys": [*OURS["keys"], OCT.as_dict(private=True)]}
    with pytest.raises(UnbelievedError):
        subject_of(ONE, keys, with_secret(b"x" * 32, {"alg": "HS256", "kid": "a"}), NONCE, NOW)


@pytest.mark.parametrize("odd", [["un texte"], [17], [None], 17, None, [[]], {"a": "b"}], ids=str)
def test_keys_that_are_no_keys_are_a_refusal(odd: Any) -> None:
    with pytest.raises(UnbelievedError):
        subject_of(ONE, {"keys": odd}, GOOD, NONCE, NOW)


def test_each_try_has_its_own_nonce_and_verifier_and_asks_for_the_assurance() -> None:
    assert derived("k", "nonce", "a") != derived("k", "nonce", "b") != derived("k", "verifier", "b")
    assert derived("k", "nonce", "a") != derived("l", "nonce", "a")
    # RFC 7636, appendix B.
    assert challenge_of("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    where = address(
        ONE, Endpoints("https://f.example/a", "https://f.example/t", OURS), "https://r.example/b", "etat", "k"
    )
    assert "essential" in where
    assert "code_challenge_method=S256" in where
