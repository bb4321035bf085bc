"""A second reading of docs/POLICY.md, written from its prose alone."""
