"""The promises of MusicVault, checked on real files, real databases, real file systems and real windows."""
