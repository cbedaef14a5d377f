"""An OpenAI-compatible server with a known truth: what it sends, and when, is decided beforehand."""
