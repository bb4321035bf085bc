"""The house's settings with the addresses that a test names."""

import os

from recoupe.config.settings import *  # noqa: F403

ROOT_URLCONF = os.environ["TEST_URLCONF"]
