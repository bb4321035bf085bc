"""What the demonstration's accounts share; it opens nothing but made data, and is printed by the starter."""

PASSWORD = "demonstration-fictive"  # noqa: S105 - fictional, and public on purpose
