"""How calls reach a portal: PHP's forms, batches, lists, and the working time that they cost."""
