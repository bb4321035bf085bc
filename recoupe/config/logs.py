"""What a process says of an error: its class and where it happened, never its words, which may quote what was typed."""

import logging
import time
import traceback
from types import TracebackType

Raised = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class DiscreetFormatter(logging.Formatter):
    """A line as usual; of an exception the classes and places alone (R-75): a database's own words quote values.

    Times are in UTC and say so: traces of two machines, or of a night when clocks change, still follow one another.
    """

    converter = staticmethod(time.gmtime)
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def format(self, record: logging.LogRecord) -> str:
        """Never what another handler kept of the exception."""
        record.exc_text = None
        return super().format(record)

    def formatException(self, ei: Raised) -> str:  # noqa: N802 - the library's name
        """The exception and those behind it, the last one first, each with its frames."""
        lines: list[str] = []
        error, known = ei[1], set[int]()
        while error is not None and id(error) not in known:
            known.add(id(error))
            lines.append(f"{type(error).__module__}.{type(error).__qualname__}")
            lines += [f"  {f.filename}:{f.lineno} {f.name}" for f in traceback.extract_tb(error.__traceback__)]
            error = error.__cause__ or error.__context__
        return "\n".join(lines)
