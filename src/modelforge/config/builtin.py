"""Providers that are known without being configured.

Each entry is what a user would have written in ``[providers.NAME]``, so that a file can change one
field of it. The URLs and variables are those of the providers' own documentation.
"""

from __future__ import annotations

from typing import Any, Final

LOCAL_PROVIDER: Final = "local"
"""The provider whose models run on this machine; it has no URL of its own."""

BUILTIN: Final[dict[str, Any]] = {
    "providers": {
        # One request at a time: local models share the same cores, and two at once would each
        # look twice as slow as they are.
        LOCAL_PROVIDER: {"max_concurrency": 1},
        "openai": {
            "base_url": "https://api.openai.com/v1",
            "api_key_env": "OPENAI_API_KEY",
            "max_tokens_field": "max_completion_tokens",
        },
        "anthropic": {
            "base_url": "https://api.anthropic.com/v1",
            "api_key_env": "ANTHROPIC_API_KEY",
        },
        "google": {
            "base_url": "https://generativelanguage.googleapis.com/v1beta/openai",
            "api_key_env": "GEMINI_API_KEY",
        },
        "openrouter": {
            "base_url": "https://openrouter.ai/api/v1",
            "api_key_env": "OPENROUTER_API_KEY",
        },
        "groq": {"base_url": "https://api.groq.com/openai/v1", "api_key_env": "GROQ_API_KEY"},
        "mistral": {"base_url": "https://api.mistral.ai/v1", "api_key_env": "MISTRAL_API_KEY"},
        "deepseek": {"base_url": "https://api.deepseek.com/v1", "api_key_env": "DEEPSEEK_API_KEY"},
        "together": {"base_url": "https://api.together.xyz/v1", "api_key_env": "TOGETHER_API_KEY"},
        "fireworks": {
            "base_url": "https://api.fireworks.ai/inference/v1",
            "api_key_env": "FIREWORKS_API_KEY",
        },
        "xai": {"base_url": "https://api.x.ai/v1", "api_key_env": "XAI_API_KEY"},
        "ollama": {"base_url": "http://127.0.0.1:11434/v1"},
        "lmstudio": {"base_url": "http://127.0.0.1:1234/v1"},
        "llamacpp": {"base_url": "http://127.0.0.1:8080/v1"},
        "vllm": {"base_url": "http://127.0.0.1:8000/v1"},
    }
}
