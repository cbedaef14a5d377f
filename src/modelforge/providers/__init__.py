"""Who serves a model: wire protocols as pure codecs, and the HTTP client that carries them."""
