"""OpenID Connect, a second way in: code flow with state, nonce, PKCE; what a token must say to be believed (R-53)."""

import base64
import hmac
import time
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from threading import BoundedSemaphore, Lock
from typing import Any
from urllib.parse import urlencode

import httpx
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from recoupe.config.provider import Provider

# Signatures with a key pair alone: a shared secret would let whoever knows it sign, and `none` anybody.
ALGORITHMS = ("RS256", "PS256", "ES256")
CLOCK_S = 60
LONGEST_TOKEN = 16_384
LONGEST_SUBJECT = 255
PATIENCE_S = 5.0
# How long what the provider published is kept, and that it is away.
KEPT_S, AWAY_S = 300.0, 10.0
# How many of sign-in's four threads may wait for a code to be exchanged, and how long another one waits for its turn.
EXCHANGES, TURN_S = 2, 0.5
UNREADABLE = (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError, AttributeError)
_exchanging = BoundedSemaphore(EXCHANGES)
_asking = Lock()
_kept: dict[str, tuple[float, "Endpoints | None"]] = {}
SCOPE = "openid"


class UnbelievedError(ValueError):
    """What the provider, or somebody in its name, said does not hold; the text is for the log of nobody."""


@dataclass(frozen=True, slots=True)
class Endpoints:
    """What the provider publishes about itself."""

    authorization: str
    token: str
    keys: dict[str, Any]


def derived(secret: str, use: str, state: str) -> str:
    """Nonce and verifier of one try, which nobody has to keep: both follow from its state and our own key."""
    made = hmac.new(secret.encode(), f"oidc {use} {state}".encode(), sha256).digest()
    return base64.urlsafe_b64encode(made).rstrip(b"=").decode()


def challenge_of(verifier: str) -> str:
    """PKCE (S256)."""
    return base64.urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def discovered(provider: Provider) -> Endpoints:
    """Ask the provider where it answers and with which keys it signs; it must be the one that was named."""
    try:
        with httpx.Client(timeout=PATIENCE_S, follow_redirects=False) as client:
            told = client.get(f"{provider.issuer}/.well-known/openid-configuration").raise_for_status().json()
            if told.get("issuer") != provider.issuer:
                raise UnbelievedError("another issuer")
            keys = client.get(told["jwks_uri"]).raise_for_status().json()
            return Endpoints(str(told["authorization_endpoint"]), str(told["token_endpoint"]), dict(keys))
    except UNREADABLE as error:
        raise UnbelievedError("discovery") from error


def known(provider: Provider) -> Endpoints:
    """What was discovered within five minutes: nobody at the door has us call the provider anew, or wait for it."""
    until, at = _kept.get(provider.issuer, (0.0, None))
    if time.monotonic() >= until and _asking.acquire(blocking=False):
        try:
            at = None
            at = discovered(provider)
        finally:
            _kept[provider.issuer] = (time.monotonic() + (KEPT_S if at else AWAY_S), at)
            _asking.release()
    if at is None:
        raise UnbelievedError("away")
    return at


def address(provider: Provider, at: Endpoints, back: str, state: str, secret: str) -> str:
    """Where the browser goes; the assurance that we want is essential, not a wish."""
    levels = " ".join(f'"{level}"' for level in sorted(provider.acr)).replace(" ", ",")
    asked = {
        "response_type": "code", "client_id": provider.client_id, "redirect_uri": back, "scope": SCOPE, "state": state,
        "nonce": derived(secret, "nonce", state), "code_challenge_method": "S256",
        "code_challenge": challenge_of(derived(secret, "verifier", state)),
        "claims": '{"id_token":{"acr":{"essential":true,"values":[' + levels + "]}}}", "prompt": "login",
    }  # fmt: skip
    return f"{at.authorization}?{urlencode(asked)}"


def exchanged(provider: Provider, at: Endpoints, back: str, code: str, verifier: str) -> str:
    """The identity token that a code is worth, once, to us alone."""
    asked = {"grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": verifier}
    if not _exchanging.acquire(timeout=TURN_S):
        raise UnbelievedError("busy")
    try:
        with httpx.Client(timeout=PATIENCE_S, follow_redirects=False) as client:
            answer = client.post(at.token, data=asked, auth=(provider.client_id, provider.client_secret))
            return str(answer.raise_for_status().json()["id_token"])
    except UNREADABLE as error:
        raise UnbelievedError("exchange") from error
    finally:
        _exchanging.release()


def subject_of(provider: Provider, keys: Mapping[str, Any], token: str, nonce: str, now: float | None = None) -> str:
    """Whom the token names, when every part of it holds; no other claim of it is ever read."""
    claims = _verified(keys, token)
    moment = time.time() if now is None else now
    audience = claims.get("aud")
    named = [audience] if isinstance(audience, str) else audience
    subject = claims.get("sub")
    held = {
        "iss": claims.get("iss") == provider.issuer,
        "aud": named == [provider.client_id],
        "azp": claims.get("azp", provider.client_id) == provider.client_id,
        "exp": _number(claims.get("exp")) and claims["exp"] > moment - CLOCK_S,
        "iat": _number(claims.get("iat")) and moment - 600 < claims["iat"] < moment + CLOCK_S,
        "nbf": "nbf" not in claims or (_number(claims["nbf"]) and claims["nbf"] < moment + CLOCK_S),
        "nonce": isinstance(claims.get("nonce"), str) and hmac.compare_digest(claims["nonce"].encode(), nonce.encode()),
        "acr": isinstance(claims.get("acr"), str) and claims["acr"] in provider.acr,
        "sub": isinstance(subject, str) and 0 < len(subject) <= LONGEST_SUBJECT and subject.isprintable(),
    }
    wrong = [name for name, well in held.items() if not well]
    if wrong:
        raise UnbelievedError(", ".join(wrong))
    return str(subject)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _verified(keys: Mapping[str, Any], token: str) -> dict[str, Any]:
    """The claims of a token that one of the provider's public keys signed; keys of the token's own are never taken."""
    if len(token) > LONGEST_TOKEN or token.count(".") != 2:
        raise UnbelievedError("shape")
    try:
        told = keys.get("keys", ())
        public = [key for key in told if key.get("kty") in ("RSA", "EC") and key.get("use", "sig") == "sig"]
        known = KeySet.import_key_set({"keys": public})
        registry = JWSRegistry(algorithms=list(ALGORITHMS))
        read = jws.deserialize_compact(token, known, algorithms=list(ALGORITHMS), registry=registry)
        header = read.headers()
        if header.get("typ", "JWT").upper() != "JWT" or {"crit", "jku", "jwk", "x5u", "x5c", "b64"} & set(header):
            raise UnbelievedError("header")
        claims = httpx.Response(200, content=read.payload).json()
    except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise UnbelievedError("signature") from error
    if not isinstance(claims, dict):
        raise UnbelievedError("claims")
    return claims
