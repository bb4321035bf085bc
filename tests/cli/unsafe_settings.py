"""The house's settings, spoilt as a test asks."""

import json
import os

from recoupe.config.settings import *  # noqa: F403

globals().update(json.loads(os.environ["UNSAFE"]))
