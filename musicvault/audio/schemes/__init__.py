"""Ways to write tags. Each scheme reads its tag into a `Gathered` and edits it from canonical fields."""
