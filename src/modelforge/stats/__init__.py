"""Statistics: arrays in, frozen results out. No input, no output, no clock."""
