"""Reports that go out by mail: what is due, one run for each recipient, and what a report says."""
