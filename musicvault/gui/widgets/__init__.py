"""The building blocks of every screen. All colours come from the theme's tokens; a state's colour is always
joined by an icon and a word; text from files is plain text."""
