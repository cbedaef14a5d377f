#!/bin/sh
# The main job, on real models: fetches two small ones once (about 330 MB), then compares them here.
set -eu
models=local/smollm2-135m,local/gemma-3-270m
prompt="Summarise in one sentence: The meeting moved from Tuesday to Thursday because the client's flight was cancelled, and Anna will send the new agenda."
echo "One prompt, side by side:"
echo "\$ modelforge test --compare $models --prompt \"$prompt\""
echo
modelforge test --compare "$models" --yes --max-tokens 120 --prompt "$prompt"

echo "Eight prompts, and how sure it is that the models differ:"
echo "\$ modelforge test --compare $models --prompts - --max-tokens 40 --show 0   # eight lines of standard input"
echo
modelforge test --compare "$models" --max-tokens 40 --show 0 --prompts - <<'QUESTIONS'
Why is the sky blue?
Name the capital of France.
What is 7 times 8?
Write one line of Python that reverses a list.
Translate to French: good morning.
Name three fruits.
Why do cats purr?
Say in one word: the opposite of hot.
QUESTIONS

cat <<'NEXT'

Next, with .venv/bin/modelforge:
  doctor                what is set up here, and what would set up more
  compare local/smollm2-135m openai/gpt-4o-mini --prompt "..."
                        a model of a provider, with OPENAI_API_KEY set
  cost plan --requests-per-day 2000 --prompt-tokens 1200 --completion-tokens 300
                        what traffic costs, with every model of the catalogue
NEXT
