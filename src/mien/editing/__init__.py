"""Ways of moving in the latent space of a generator: directions found, named, kept and used.

The finders (pca, sefa, svd, regression, margin, lasso) are pure functions on
tensors, one file each; fit.py samples, finds and writes, edit.py and walk.py draw.
"""
