"""The SQLite catalog: what MusicVault remembers between runs.

Nouns: an *item* row is one file of a library; its *contents* are the versions of its bytes, one of
them current; a *replica* row is one physical copy of one content, in the library itself (`vault_id` is NULL) or in a
vault. A *finding* row explains why a replica isn't intact. An *event* row is audit, append-only and
chained by digest. An *intent* row is a durable operation that has begun and not ended. Paths are bytes.

`database.Catalog` opens the file; the other modules are functions over it: those that write take
a `Transaction`, so that a change of state and its event are one commit (M5).
"""
