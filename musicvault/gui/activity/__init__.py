"""The jobs of this session: what runs, what ran, and what came of it."""
