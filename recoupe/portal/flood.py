"""How much comes in, whoever sends it: counts by minute in this process's memory, of nobody in particular."""

import threading
from collections import Counter

# 28,000 letters a day are 195 in ten minutes.
USUAL = 200
WINDOW = 10
# Beyond a flood of ten a second there is room for those who mean it.
PER_MINUTE = 1500
# Those who come without scripts compute nothing: a few of them at a time.
PLAIN_PER_MINUTE = 60


class Bucket:
    """The exchanges of the last minutes, of work that was done; minutes are whole ones since 1970."""

    def __init__(self, per_minute: int = PER_MINUTE) -> None:
        self._per_minute = per_minute
        self._counts: Counter[int] = Counter()
        self._lock = threading.Lock()

    def take(self, minute: int) -> bool:
        """Whether one more may be served this minute; what is older than the window is forgotten."""
        with self._lock:
            for past in [one for one in self._counts if not minute - WINDOW < one <= minute]:
                del self._counts[past]
            if self._counts[minute] >= self._per_minute:
                return False
            self._counts[minute] += 1
            return True

    def lately(self, minute: int) -> int:
        """How many were served in the window that ends with this minute."""
        with self._lock:
            return sum(served for one, served in self._counts.items() if minute - WINDOW < one <= minute)
