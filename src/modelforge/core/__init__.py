"""The words every other part of ModelForge speaks: pure values, errors and ports, stdlib only."""
