"""sentence -> latent: embeddings, captions, the attribute reader, four ways to a w."""

from mien.text.captions import Caption, caption, captions
from mien.text.embedding import SentenceEncoder
from mien.text.reader import Reading, read

__all__ = ["Caption", "Reading", "SentenceEncoder", "caption", "captions", "read"]
