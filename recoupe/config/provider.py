"""The provider of identities of this installation, when it has one (ProConnect or another one of OpenID Connect)."""

import os
from dataclasses import dataclass

from recoupe.config.paths import data_folder

# What ProConnect calls two factors and more; another provider says its own.
ACR = "eidas2 eidas3"
SECRET = "signin-oidc.key"  # noqa: S105 - the name of a file


@dataclass(frozen=True, slots=True)
class Provider:
    """Where it stands, who we are to it, and which assurance is enough."""

    issuer: str
    client_id: str
    client_secret: str
    acr: frozenset[str]


def issuer() -> str:
    """Its name, by which the desk binds identities; "" where there is none. Nothing here needs its secret."""
    return os.environ.get("RECOUPE_OIDC_ISSUER", "").rstrip("/")


def provider() -> Provider | None:
    """The one that the environment names, for sign-in alone: nobody else may read the file of its secret."""
    path = data_folder() / "credentials" / SECRET
    if not issuer() or not path.is_file():
        return None
    client = os.environ.get("RECOUPE_OIDC_CLIENT", "recoupe")
    acr = frozenset((os.environ.get("RECOUPE_OIDC_ACR") or ACR).split())
    return Provider(issuer(), client, path.read_text().strip(), acr)
