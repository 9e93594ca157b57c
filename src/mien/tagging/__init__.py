"""face -> attributes: how the tagger is trained and measured."""
