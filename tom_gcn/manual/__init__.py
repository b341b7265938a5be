"""Events entered by hand: the form, what it checks, and its page. The API checks with the same form."""
