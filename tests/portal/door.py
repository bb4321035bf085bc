"""The public site over the database of a test, for a browser or a client; a cell that can read."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.test.utils import override_settings

from recoupe.sealing import hpke
from tests.browser import Scheme, Watched, chromium, watched
from tests.web.live import serving
from tests.web.style.server import settings_of
from tests.world import World

WHITENOISE = "whitenoise.middleware.WhiteNoiseMiddleware"


def site_settings() -> dict[str, Any]:
    """The settings of the public site's own process: no acting context, its files packed."""
    kept = [m for m in settings.MIDDLEWARE if "ActingContext" not in m]
    kept.insert(kept.index(WHITENOISE), "recoupe.portal.packed.PackedFiles")
    return settings_of("recoupe.config.urls_portal", staff=False, MIDDLEWARE=kept)


def key_for(world: World, unit: str) -> bytes:
    """A private key of this unit, whose public half is published."""
    private = hpke.new_private_key()
    world.sql(
        "INSERT INTO tips_publickey (id, unit_id, public, valid_from)"
        " SELECT gen_random_uuid(), id, %s, '2026-01-01' FROM reference_unit WHERE code = %s",
        [hpke.public_key(private), unit],
    )
    return private


@contextmanager
def opened(world: World, width: str = "phone", scheme: Scheme = "light", **options: Any) -> Iterator[Watched]:
    """A page of the public site in chromium; at the end nothing went wrong, and nothing was left behind."""
    with (
        override_settings(**site_settings()),
        serving(world, "portal") as address,
        chromium() as browser,
        watched(browser, address, width, scheme, **options) as watch,
    ):
        yield watch
        assert watch.page.context.cookies() == []
