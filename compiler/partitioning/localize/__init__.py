"""How each op runs on one device's part of its operands; one file per op family, the table in `table.py`."""
