"""Bytes and texts: places, encodings, texts inside of texts (templates, notebooks, JSON), in any language."""
