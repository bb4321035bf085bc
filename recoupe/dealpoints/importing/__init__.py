"""Files of points: reading what mapping programs write, checking every line, entering each as a proposal."""
