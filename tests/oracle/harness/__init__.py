"""The oracle against the product: one random world, looked at by both, through SQL, the rooms and HTTP."""
