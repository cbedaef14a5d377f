"""The formats of prompt files: a module each, whose ``rows`` yields what the file holds."""
