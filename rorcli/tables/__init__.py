"""Tables: what a spreadsheet shows of establishments, and what it changes in them."""
