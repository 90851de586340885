"""What a document takes of the worker: time, processor and memory, and what it takes until a worker is ready."""
