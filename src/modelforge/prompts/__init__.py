"""What to ask: prompts, prompt files and templates, turned into a stream of cases."""
