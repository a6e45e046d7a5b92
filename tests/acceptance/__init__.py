"""What a user is promised, checked from outside: real processes, raw HTTP and real kubectl."""
