"""The built-in admission plugins, one module each; registration.py has their order."""
