"""What is known of the Camber CLI, one test an item: what a client must survive, and how the tool behaves.

Runs the client and the executable through real processes, against the local Camber or, with a key, the real one.
"""
