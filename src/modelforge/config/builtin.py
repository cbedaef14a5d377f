"""Providers that are known without being configured, and what the catalogue cannot say of others.

Each entry is what a user would have written in ``[providers.NAME]``, so that a file can change one
field of it. The URLs and variables are those of the providers' own documentation; where the
catalogue says where a provider is, nothing is said here.
"""

from __future__ import annotations

from typing import Any, Final

LOCAL_PROVIDER: Final = "local"
"""The provider whose models run on this machine; it has no URL of its own."""

SIM_PROVIDER: Final = "sim"
"""The provider whose models are the simulator's profiles."""

REPLAY_PROVIDER: Final = "replay"
"""The provider whose models are recorded answers in files."""

OWN_PROVIDERS: Final = frozenset({LOCAL_PROVIDER, SIM_PROVIDER, REPLAY_PROVIDER})
"""The providers that this process is itself: none has a URL, a key or anything to set up."""

BUILTIN: Final[dict[str, Any]] = {
    "providers": {
        # One request at a time: local models share the same cores, and two at once would each
        # look twice as slow as they are.
        LOCAL_PROVIDER: {"max_concurrency": 1},
        SIM_PROVIDER: {"max_concurrency": 256},
        # A recorded answer is read in one go: more at once would only hold more in memory.
        REPLAY_PROVIDER: {"max_concurrency": 1},
        "openai": {
            "base_url": "https://api.openai.com/v1",
            "api_key_env": "OPENAI_API_KEY",
            "max_tokens_field": "max_completion_tokens",
        },
        "anthropic": {
            "protocol": "anthropic",
            "base_url": "https://api.anthropic.com/v1",
            "api_key_env": "ANTHROPIC_API_KEY",
        },
        "google": {
            "protocol": "google",
            "base_url": "https://generativelanguage.googleapis.com/v1beta",
            "api_key_env": "GEMINI_API_KEY",
        },
        "amazon-bedrock": {
            "base_url": "https://bedrock-runtime.{AWS_REGION}.amazonaws.com/openai/v1",
            "api_key_env": "AWS_BEARER_TOKEN_BEDROCK",
        },
        "azure": {
            "base_url": "https://{AZURE_RESOURCE_NAME}.openai.azure.com/openai/v1",
            "api_key_env": ["AZURE_API_KEY", "AZURE_OPENAI_API_KEY"],
            "max_tokens_field": "max_completion_tokens",
        },
        "cerebras": {"base_url": "https://api.cerebras.ai/v1"},
        "cohere": {
            "base_url": "https://api.cohere.ai/compatibility/v1",
            "stream_options": False,
        },
        "deepinfra": {
            "base_url": "https://api.deepinfra.com/v1/openai",
            "api_key_env": ["DEEPINFRA_API_KEY", "DEEPINFRA_TOKEN"],
        },
        "groq": {"base_url": "https://api.groq.com/openai/v1"},
        "mistral": {
            "base_url": "https://api.mistral.ai/v1",
            "seed_field": "random_seed",
            "stream_options": False,
        },
        "perplexity": {"base_url": "https://api.perplexity.ai"},
        "togetherai": {"base_url": "https://api.together.ai/v1"},
        "vercel": {"base_url": "https://ai-gateway.vercel.sh/v1"},
        "xai": {"base_url": "https://api.x.ai/v1"},
        "ollama": {"base_url": "http://127.0.0.1:11434/v1"},
        "lmstudio": {"base_url": "http://127.0.0.1:1234/v1", "api_key_env": []},
        "llamacpp": {"base_url": "http://127.0.0.1:8080/v1"},
        "vllm": {"base_url": "http://127.0.0.1:8000/v1"},
        "sglang": {"base_url": "http://127.0.0.1:30000/v1"},
    }
}

ALIASES: Final = {"fireworks": "fireworks-ai", "together": "togetherai"}
"""Short names, and the providers of the catalogue that they stand for."""
