"""Pure values and rules: no input or output, no clock, no SQLite, no Qt. Time is a parameter.

Nouns: an *item* is one file of a library; a *content* is one version of its bytes; a *replica*
is one physical copy of a content on a volume, the library's own file included. A *verdict* is what
a check concluded about one replica, a *finding* is a verdict with its *evidence*. The *standing* of an
item says how its replicas measure up to the *policy*; a *plan* lists the *actions* that would mend
a shortfall, each with its *reason*.
"""
