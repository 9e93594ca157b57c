"""What a training example is: folders and zips of pictures, label tables, captions, splits."""
