"""The dialect of Shardy, read and written."""
