"""The index of likeness in files of the matcher's account alone: segments that never change, a log of what is new."""
