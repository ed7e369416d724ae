"""Suggesters: machine coders. Each says what it thinks, how sure it is and which words made it think so, or says nothing."""
