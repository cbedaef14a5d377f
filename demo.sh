#!/bin/sh
# The main job, on real models: fetches two small ones once (about 330 MB), then compares them here.
set -eu
prompt="Summarise in one sentence: The meeting moved from Tuesday to Thursday because the client's flight was cancelled, and Anna will send the new agenda."
echo "\$ modelforge test --compare local/smollm2-135m,local/gemma-3-270m --prompt \"$prompt\""
echo
modelforge test --compare local/smollm2-135m,local/gemma-3-270m --yes \
  --max-tokens 120 --prompt "$prompt"
echo "Next: .venv/bin/modelforge compare local/smollm2-135m openai/gpt-4o-mini --prompt \"…\" (with OPENAI_API_KEY set)"
