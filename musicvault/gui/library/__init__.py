"""The library screen: a *table* that scrolls over any number of rows (a window of *pages* is fetched on a worker
thread), *albums* as headings inside it, *chips* that filter, and the *inspector* for what is selected."""
