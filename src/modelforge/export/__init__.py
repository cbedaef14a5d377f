"""Results to bytes and to the terminal. What a model wrote is hostile until it is cleaned here."""
