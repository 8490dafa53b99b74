"""The window.

Nouns: a *screen* is one page of the window and a passive view: it is handed a frozen view model
(`gui.models`) and answers with `Action` values; it never asks the engine itself. The *bridge* (`gui.bridge`) alone
touches threads.
A *token* is a named colour of the theme; nothing is painted in any other colour. A *tone* (good, short,
damaged, away) is the meaning that a state's colour carries, always together with an icon and a word.
"""
