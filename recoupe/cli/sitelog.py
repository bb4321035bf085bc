"""What gunicorn says of a request that it cannot read: that there was one, never its words (R-75)."""

from typing import Any

from gunicorn.glogging import Logger

INVALID = "Invalid request from"


class DiscreetLogger(Logger):  # type: ignore[misc]
    """gunicorn's own, without what a client sent: a header may hold a session, an address what was typed."""

    def warning(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """The warning, but not the line that it quotes."""
        super().warning("Invalid request" if msg.startswith(INVALID) else msg, *args, **kwargs)

    def exception(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """That handling failed; the address and the words of the error stay out."""
        super().error(msg.partition("%")[0].strip())
