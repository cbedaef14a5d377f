"""Real language models on this machine's CPU: fetched as wheels, served by llama.cpp."""
