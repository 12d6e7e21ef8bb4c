"""Personal data: deleted by rule, given to the person it is about, erased on request."""
