"""The installed command counts one text as several models do."""

from __future__ import annotations

import json

from tests.support.command import Session

MODELS = ("openai/gpt-4o", "google/gemini-2.5-pro", "zai-coding-plan/glm-4.7")


def test_the_same_text_is_another_number_of_tokens(shell: Session) -> None:
    done = shell.run(
        "cost", "tokens", *MODELS, "--prompt", "Why is the sky blue?",
        "--answer", "Light scatters.", "--export", "json",
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    gpt, gemini, glm = json.loads(done.stdout)["models"]
    assert (gpt["prompt"]["tokens"], gpt["prompt"]["exact"], gpt["usd"]) == (6, True, "0.000055")
    assert (gemini["prompt"]["tokens"], gemini["prompt"]["exact"]) == (5, False)
    assert gemini["prompt"]["rule"]["source"].startswith("https://ai.google.dev/")
    assert (glm["usd"], glm["kind"]) == (None, "subscription")


def test_an_estimate_is_marked_and_a_file_is_read(shell: Session) -> None:
    (shell.folder / "prompt.txt").write_text("Why is the sky blue?")
    done = shell.run("cost", "tokens", *MODELS, "--prompt-file", "prompt.txt")
    assert (done.returncode, done.stderr) == (0, "")
    assert "~5" in done.stdout
    assert "counted with o200k_base" in done.stdout


def test_bad_input_is_one_line(shell: Session) -> None:
    (shell.folder / "binary").write_bytes(b"\xff\xfe\x00")
    for options, words in (
        ((), "give --prompt or --prompt-file"),
        (("--prompt", "a", "--prompt-file", "binary"), "give --prompt or --prompt-file"),
        (("--prompt-file", "absent"), "cannot read absent"),
        (("--prompt-file", "binary"), "is not UTF-8 text"),
    ):
        done = shell.run("cost", "tokens", "openai/gpt-4o", *options)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
        assert words in done.stderr
