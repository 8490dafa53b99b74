"""What screens are told and what they answer: frozen values, no Qt, no engine.

Amounts are in bytes and seconds, times are seconds since the epoch (UTC), paths are bytes. Text that
comes from files is shown as plain text only.
"""
