"""The web studio, one file per panel."""
