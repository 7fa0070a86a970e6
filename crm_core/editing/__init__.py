"""Records edited field by field: typed, compared with what the editor saw, audited, undoable."""
