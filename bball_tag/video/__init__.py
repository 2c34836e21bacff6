"""Read and write video: what a file is, its frames on a grid of instants, parts of it, and new files."""
