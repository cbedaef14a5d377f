"""An OpenAI-compatible server with a known truth: its answers are planned."""
