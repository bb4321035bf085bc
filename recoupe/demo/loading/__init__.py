"""Loading the made world through the actions of the rooms, each in the name of the agent who would do it."""
