"""Parity: recovery data about the albums of a vault, which heals what no copy has any more.

A *set* is a PAR2 file about (a portion of) the copies in one folder of a vault. `sets` makes, replaces and removes
them so that a crash costs nothing; `stage` brings those of a vault up to date after a sync; `looking` reads them again;
`healing` puts files together with their help, in a scratch folder.

Parity never replaces a copy: it lies on the same drive as what it is about, and counts for nothing in the policy.
"""
