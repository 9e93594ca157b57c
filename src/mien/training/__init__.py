"""One loop for each kind of model, all resumed by repeating the command."""
