"""What a plan tells its reader."""
