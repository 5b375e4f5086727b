"""Stage collectives: fewer and cheaper collectives, each pass one identity."""
