"""Engines: the models that qualkit stands on, one file each, named by what they do.

Each file is the only door to its heavy package, and opens it when an engine is made, not when the file is imported.
A model is found on this machine or not at all: no engine here ever uses the network.
"""
