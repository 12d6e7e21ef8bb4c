"""The command line. Exit codes: 0 done, 1 something was refused or failed, 2 wrong usage."""
