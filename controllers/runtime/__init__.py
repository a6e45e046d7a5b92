"""What every controller stands on: client, caches, queues, the worker loop, and the common ways of writing."""
