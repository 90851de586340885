"""The emulator, driven from outside: every test runs the real executable in a home of its own."""
