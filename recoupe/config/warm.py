"""What a site reads once before it answers: its addresses with their views, its templates compiled."""

import ctypes
import gc
from pathlib import Path

from django.conf import settings
from django.template.loader import get_template
from django.template.utils import get_app_template_dirs
from django.urls import get_resolver

# glibc's names for it (malloc.h): the free top of an arena that is given back, and from where a block is mapped alone.
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
GIVEN_BACK = 256 * 1024

# What the two small sites show; the staff site compiles every page.
SHOWN = {"portal": ("portal/",), "signin": ("signin/", "base_signin.html", "errors/", "partials/")}


def compile_pages() -> int:
    """Compile every page that this process shows, so that nobody waits for the first one; their number is returned.

    No connection is opened here: the processes that gunicorn forks afterwards must not share one.
    """
    get_resolver().reverse_dict  # noqa: B018 - reading it imports every view
    ours = Path(__file__).resolve().parents[1]
    places = [Path(place) for place in get_app_template_dirs("templates") if Path(place).is_relative_to(ours)]
    names = {str(page.relative_to(place)) for place in places for page in place.rglob("*.html")}
    shown = sorted(name for name in names if name.startswith(SHOWN.get(settings.PROCESS.name, "")))
    for name in shown:
        get_template(name)
    return len(shown)


def settle() -> None:
    """Take all that is loaded out of the collector's rounds.

    A full round over it holds every thread of its interpreter for 110 ms, and makes each process a copy of its own.
    """
    gc.collect()
    gc.freeze()


def give_back() -> bool:
    """Hand what a large request leaves free back to the machine: whether this C library can be told to.

    Left alone, glibc takes the largest block freed so far (an upload, 20 MiB) for the usual size: from then on every
    arena keeps twice as much, and a site holds for good the worst request of each of its threads.
    """
    tell = getattr(ctypes.CDLL(None), "mallopt", None)
    return bool(tell and tell(M_TRIM_THRESHOLD, GIVEN_BACK) and tell(M_MMAP_THRESHOLD, GIVEN_BACK))
