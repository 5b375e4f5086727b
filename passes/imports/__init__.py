"""Stage import: from what a frontend wrote to one function with meshes and layouts of ours."""
