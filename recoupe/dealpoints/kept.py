"""What a process keeps of what it computed: a bounded number of bytes, the least used leaves first."""

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Kept(Generic[Value]):
    """Values by key, with their sizes in bytes; safe between threads."""

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._held = OrderedDict[Hashable, tuple[Value, int]]()
        self._lock = Lock()
        self.bytes = 0

    def get(self, key: Hashable) -> Value | None:
        """What is kept under a key."""
        with self._lock:
            if key not in self._held:
                return None
            self._held.move_to_end(key)
            return self._held[key][0]

    def put(self, key: Hashable, value: Value, size: int) -> None:
        """Keep a value; one that is larger than all there is room for is not kept."""
        with self._lock:
            self.bytes -= self._held.pop(key, (value, 0))[1]
            if size > self._most:
                return
            self._held[key] = (value, size)
            self.bytes += size
            while self.bytes > self._most:
                self.bytes -= self._held.popitem(last=False)[1][1]

    def clear(self) -> None:
        """Keep nothing."""
        with self._lock:
            self._held.clear()
            self.bytes = 0
