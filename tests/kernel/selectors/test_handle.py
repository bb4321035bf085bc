"""Pseudonyms: platform and name, whatever the writing."""

import pytest

from recoupe.kernel.refusal import Invalid
from recoupe.kernel.selectors import Strength, normalise, strength
from recoupe.kernel.selectors.handle import WARNING_PLATFORM


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("snapchat:Dealer13", "snapchat:dealer13"),
        ("snap : dealer13", "snapchat:dealer13"),
        ("Snap dealer13", "snapchat:dealer13"),
        ("SNAP @dealer13", "snapchat:dealer13"),
        ("dealer13 (snap)", "snapchat:dealer13"),
        ("https://www.snapchat.com/add/Dealer13?share=1", "snapchat:dealer13"),
        ("Télégram: @Plug_75", "telegram:plug_75"),
        ("tg=plug_75", "telegram:plug_75"),
        ("https://t.me/Plug_75", "telegram:plug_75"),
        ("t.me/s/plug_75", "telegram:plug_75"),
        ("telegram.me/plug_75", "telegram:plug_75"),
        ("https://t.me/+AbCdEf12", "telegram:+AbCdEf12"),
        ("t.me/joinchat/AbCdEf12", "telegram:+AbCdEf12"),
        ("insta « Tony.M »", "instagram:tony.m"),
        ("https://instagram.com/Tony.M/", "instagram:tony.m"),
        ("instagram.com/stories/tony.m/123", "instagram:tony.m"),
        ("fb: Tony  Montana", "facebook:tony montana"),
        ("https://www.facebook.com/profile.php?id=100012345", "facebook:100012345"),
        ("tiktok.com/@tony", "tiktok:tony"),
        ("x:tony", "twitter:tony"),
        ("discord.gg/AbC123", "discord:+AbC123"),
        ("signal:@tony.42", "signal:tony.42"),
        ("encro: slimjim", "encrochat:slimjim"),
    ],
)
def test_writings(raw: str, value: str) -> None:
    found = normalise("handle", raw)
    assert (found.value, found.valid, found.warning) == (value, None, "")
    assert strength(found) is Strength.STRONG


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("@Dealer13", "unknown:dealer13"),
        ("dealer13", "unknown:dealer13"),
        ("Sky Walker", "unknown:sky walker"),
        ("instagram.com/reel/C9abc", "unknown:instagram.com/reel/c9abc"),
    ],
)
def test_without_a_platform_it_is_a_hint(raw: str, value: str) -> None:
    found = normalise("handle", raw)
    assert (found.value, found.warning) == (value, WARNING_PLATFORM)
    assert strength(found) is Strength.WEAK


@pytest.mark.parametrize("raw", ["@", "snap:", "«»", "snap: @ "])
def test_nothing_usable(raw: str) -> None:
    with pytest.raises(Invalid):
        value = normalise("handle", raw).value
        assert value == "unknown:snap"  # the word alone may be somebody's name
        raise Invalid("seen")
