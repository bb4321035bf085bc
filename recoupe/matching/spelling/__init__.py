"""Spellings of names: every rule is tried on every name, none first decides what kind of name it is (S-8)."""
