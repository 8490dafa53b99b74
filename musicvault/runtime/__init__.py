"""Running jobs: pausing and cancelling them, how fast they go, and watching libraries between them."""
