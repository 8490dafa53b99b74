"""The window's frame: sidebar, header with search, the strip of running jobs, and the screens between them."""
