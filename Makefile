# Everything a person runs, from a machine with Python >= 3.11 and make.
