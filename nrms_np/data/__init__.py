"""Reading news and clicks, and turning them into batches. Knows nothing of the model."""
