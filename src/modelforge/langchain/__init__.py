"""LangChain in both directions: our models as LangChain's, LangChain's models as ours."""
