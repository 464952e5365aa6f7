"""What `make secure` looks at: the translated template, the code, the tree's secrets, packages."""
