"""The main job, told step by step on a fresh stack, and checked against what the sandboxes hold."""
