"""Sites that must not start, and the one that must."""
