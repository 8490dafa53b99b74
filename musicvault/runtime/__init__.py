"""Running jobs, and the service that runs them by itself.

Nouns: a *control* pauses and cancels one job; a *rate* says how fast it goes. The *service* is what works in the
background of a catalog, round by round: its *agenda* says which regions of which libraries are to be scanned, *proving*
reads what is owed in *lanes* (one for each device, at a *pace*), *healing* repairs, *folding* lets the drives' lists
follow, *caring* asks the disks how they are, *informing* tells people. `watch` keeps it going and gives it hints;
`plans` are the user's wishes, `state` is what others see of it.
"""
