"""Queues of tablets that come as a file, since the tablet itself gets no network any more."""
