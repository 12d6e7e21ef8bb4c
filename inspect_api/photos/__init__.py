"""Photos: from what a tablet sent to what is stored, shown and checked."""
