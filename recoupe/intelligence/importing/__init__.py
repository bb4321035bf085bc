"""Files of reports: reading tables, mapping their columns, checking all rows, writing them block by block."""
