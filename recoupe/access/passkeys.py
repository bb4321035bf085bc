"""The ceremonies of a passkey (WebAuthn): what a browser is asked, and whether what it answers holds (R-53)."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import (
    options_to_json_dict,
    parse_authentication_credential_json,
    parse_client_data_json,
    parse_registration_credential_json,
)
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.structs import (
    AttestationConveyancePreference,
    AuthenticatorSelectionCriteria,
    CollectedClientData,
    CredentialDeviceType,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from recoupe.access.enums import Backup

# ES256 and EdDSA; RS256 for the keys that a Windows desk holds.
ALGORITHMS = [
    COSEAlgorithmIdentifier.ECDSA_SHA_256,
    COSEAlgorithmIdentifier.EDDSA,
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256,
]
CHALLENGE_BYTES = 32
LONGEST = 16_384
TIMEOUT_MS = 300_000


class UnreadableError(ValueError):
    """What came is no answer of a passkey, or one that does not hold; the text is for the log of nobody."""


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A key that was just made."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    backup: Backup


@dataclass(frozen=True, slots=True)
class Proven:
    """What a key said of itself beside a signature that holds."""

    sign_count: int
    backup: Backup


@dataclass(frozen=True, slots=True)
class Assertion:
    """What a key signed, read and not yet believed."""

    text: str
    credential_id: bytes
    handle: bytes | None
    challenge: bytes


def request_options(challenge: bytes) -> dict[str, object]:
    """What `navigator.credentials.get` is asked: any key of this house, whose holder it knows by more than presence."""
    options = generate_authentication_options(
        rp_id=settings.RP_ID,
        challenge=challenge,
        timeout=TIMEOUT_MS,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return dict(options_to_json_dict(options))


def creation_options(challenge: bytes, agent: UUID, login: str, name: str, known: Sequence[bytes]) -> dict[str, object]:
    """What `navigator.credentials.create` is asked: a key that names its holder by itself, on no key that he has."""
    options = generate_registration_options(
        rp_id=settings.RP_ID,
        rp_name="Recoupe",
        user_id=agent.bytes,
        user_name=login,
        user_display_name=name,
        challenge=challenge,
        timeout=TIMEOUT_MS,
        attestation=AttestationConveyancePreference.NONE,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            require_resident_key=True,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=one) for one in known],
        supported_pub_key_algs=ALGORITHMS,
    )
    return dict(options_to_json_dict(options))


def read_assertion(text: str) -> Assertion:
    """The parts of an answer; raises UnreadableError."""
    try:
        read = parse_authentication_credential_json(_short(text))
        told = _client_data(read.response.client_data_json)
        return Assertion(text, read.raw_id, read.response.user_handle, told.challenge)
    except Exception as error:  # the library meets anything that a stranger may send
        raise UnreadableError from error


def check_assertion(read: Assertion, public_key: bytes, origins: Sequence[str]) -> Proven:
    """Counter and flags of a signature that holds in every part: key, challenge, place, presence, verification."""
    try:
        verified = verify_authentication_response(
            credential=read.text,
            expected_challenge=read.challenge,
            expected_rp_id=settings.RP_ID,
            expected_origin=list(origins),
            credential_public_key=public_key,
            # The counter is held against the kept one by the database, at the moment it is written.
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    except Exception as error:
        raise UnreadableError from error
    return Proven(int(verified.new_sign_count), _backup(verified.credential_device_type, verified.credential_backed_up))


def check_new_key(text: str, challenge: bytes, origins: Sequence[str]) -> Enrolled:
    """The key that an answer brings, made here, for this challenge, by somebody whom it verified."""
    try:
        made = verify_registration_response(
            credential=_short(text),
            expected_challenge=challenge,
            expected_rp_id=settings.RP_ID,
            expected_origin=list(origins),
            require_user_verification=True,
            supported_pub_key_algs=ALGORITHMS,
        )
    except Exception as error:
        raise UnreadableError from error
    backup = _backup(made.credential_device_type, made.credential_backed_up)
    return Enrolled(made.credential_id, made.credential_public_key, int(made.sign_count), backup)


def _backup(device: CredentialDeviceType, done: bool) -> Backup:
    """Its two flags in one word; one that was copied without being meant to is no key that the standard knows."""
    if device == CredentialDeviceType.SINGLE_DEVICE:
        return Backup.NONE
    return Backup.DONE if done else Backup.POSSIBLE


def challenge_of(text: str) -> bytes:
    """The challenge that an answer says it signed; raises UnreadableError."""
    try:
        read = parse_registration_credential_json(_short(text))
        return bytes(_client_data(read.response.client_data_json).challenge)
    except Exception as error:
        raise UnreadableError from error


def _client_data(told: bytes) -> CollectedClientData:
    """What the browser says of the ceremony; one inside another site's frame is none."""
    read = parse_client_data_json(told)
    if read.cross_origin:
        raise UnreadableError
    return read


def _short(text: str) -> str:
    if len(text) > LONGEST:
        raise UnreadableError
    return text
