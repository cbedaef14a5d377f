#!/bin/sh
# The main job, on real models: fetches two small ones once (about 330 MB), then compares them here.
set -eu
prompt="A customer's parcel is three days late. Write them a short, kind reply that offers a refund."
echo "\$ modelforge test --compare local/smollm2-135m,local/gemma-3-270m --prompt \"$prompt\""
echo
modelforge test --compare local/smollm2-135m,local/gemma-3-270m --yes \
  --max-tokens 120 --temperature 0 --prompt "$prompt"
echo "Next: modelforge compare local/smollm2-135m openai/gpt-4o-mini --prompt \"…\" (with OPENAI_API_KEY set)"
