"""A server of OpenAI's and Anthropic's APIs with a known truth: its answers are planned."""
