"""What clients may rely on, over several servers and through their deaths: histories, and what is checked of them."""
