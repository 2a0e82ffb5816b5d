"""What is wrong with a board, and what to type: facts by one look over ssh, rules that are pure functions over them."""
