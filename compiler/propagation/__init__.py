"""What follows from the layouts that a program was given."""
