"""Transcripts out of a study: one format a file, each for the programs that read it."""
