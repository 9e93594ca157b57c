"""How good a picture, an edit or a model is: pure maths, float64, a declared direction.

Every module is maths on arrays and tensors; nothing here opens a file or runs a network. The
numbers leave as :class:`~mien.metrics.protocol.Score` with the protocol that made them.
"""
