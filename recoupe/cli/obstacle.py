"""What stops a command: one French sentence that says what to do; the command prints it and ends with 1."""

from recoupe.kernel.refusal import Refusal


class Obstacle(Refusal):
    """The machine or its state forbids going on; never a bug, always something that the reader can change."""
