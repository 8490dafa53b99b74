"""The jobs. Each is a synchronous generator of notices that works on a `Context` and can be closed at any time.

Nouns: *scan* looks at a library, *sync* brings vaults up to date, *scrub* proves replicas, *repair* rebuilds damaged
ones, *restore* gives files back, *retag* edits tags, *decide* carries out the user's word on held changes, *reconcile*
finishes or undoes what a crash interrupted. State and event are always one transaction (M5).

A *place* is a library or vault that is there now, all of them are the *reach* of a job (`places`). What a read showed
is *judged* (`judging`) and *settled* under the place's lock (`settling`). A copy is *wanted*, staged and proven
(`copying`), takes its name (`placing`) and enters the catalog (`placed`). What needs mending is a *case* (`cases`).
"""
