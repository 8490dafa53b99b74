"""The first start: your music, your drives, your promise; then it begins."""
