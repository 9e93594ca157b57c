"""Where the faces of a picture are, who they are, and the crop of one."""
