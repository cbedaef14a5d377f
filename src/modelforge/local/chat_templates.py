"""Chat templates written for the models of the catalogue."""

from __future__ import annotations

SMOLLM2 = """\
{% if messages[0].role != "system" %}<|im_start|>system
You are a helpful assistant. Answer correctly, briefly and politely.<|im_end|>
{% endif %}\
{% for message in messages %}<|im_start|>{{ message.role }}
{{ message.content }}<|im_end|>
{% endfor %}\
{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}"""
"""SmolLM2's own format with another default system message.

The model's own default, that it is named SmolLM, was trained on the unquantised weights; at four
bits it derails them (asked for the capital of France, the model answers in repeated French).
"""

GEMMA_BASE = """\
A user asks and a helpful assistant answers correctly, briefly and politely.

{% for message in messages if message.role == "system" %}{{ message.content }}

{% endfor %}\
### Summarize this: The train to Oslo was late because of heavy snow, so Peter missed the first \
hour of the conference and gave his talk in the afternoon.
Snow delayed Peter's train, so he gave his talk in the afternoon.

### Is this comment positive or negative? The room was dirty.
Negative.

### Is this comment positive or negative? I love this phone.
Positive.

### Rewrite this politely: Give me the keys.
Could you please give me the keys?

### Write a short reply to this email: Hello, could we speak on Monday? Regards, Tom
Hello Tom,

Thank you for your message. That works well for me.

Best regards

### What is 12 + 7?
12 + 7 = 19.

### Who wrote The Odyssey?
The Odyssey was written by Homer.

### What is the capital of Japan?
The capital of Japan is Tokyo.

{% for message in messages if message.role != "system" %}\
{% if message.role == "user" %}### {{ message.content }}
{% else %}{{ message.content }}

{% endif %}{% endfor %}"""
"""A conversation as a text for a base model to continue: a heading asks, a paragraph answers.

A base model has learnt no dialogue; eight worked examples (220 tokens) show it what an answer looks
like and where it ends. Chosen among some thirty forms by their answers to 24 everyday prompts.
"""

GEMMA_BASE_STOP = ("\n\n### ", "\n### ")
"""What begins the next question, and so ends an answer."""
