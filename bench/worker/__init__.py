"""What a document takes of the worker: time, processor and memory, and what it takes until a worker is ready.

Children are started and asked as the worker's parent does it, without a store. To see what more or fewer cores do, run
it under `taskset -c 0`.
"""
